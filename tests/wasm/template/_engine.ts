// Both faces of the template kernel, for tests.

export {
  encodeVariables,
  renderTemplate,
  type TemplateResult,
} from "../../../wasm/template/template_engine.ts";
export { openTemplateRenderer } from "../../../wasm/template/open_template_renderer.ts";
