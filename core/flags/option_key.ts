// The name under which a flag's or an argument's value stands in Options: camel case, whatever mix of
// dashes and underscores upstream spelled it with.

/** `compare-checksums` → `compareChecksums`, `document_type` → `documentType`. */
export function optionKey(name: string): string {
  return name.replace(/[-_]+(.)/g, (_, letter: string) => letter.toUpperCase());
}
