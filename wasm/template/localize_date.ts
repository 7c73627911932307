export function localizeDate(text: string): string {
  return text;
}
