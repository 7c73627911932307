// The file name formats of paperless-ngx before 2.13 (`{title}`), rewritten as templates. Only
// PAPERLESS_FILENAME_FORMAT is rewritten; a storage path's template is taken as it stands.

/**
 * Rewrites every `{name}` that touches no other brace to `{{ name }}`; `{}` becomes `{{  }}`, which the
 * template engine refuses. `{{ … }}`, `{% … %}`, `{a-b}` and `{ a }` stay as they are.
 */
export function convertLegacyFormat(format: string): string {
  return format.replace(/(?<!\{)\{([\p{L}\p{N}_]*)\}(?!\})/gu, "{{ $1 }}");
}
