const MARKS = /\p{M}/gu

/** Without diacritics and case, as people type in a hurry. */
function folded(text: string): string {
  return text.normalize('NFD').replace(MARKS, '').toLowerCase()
}

/** Whether each word of `typed` is in `text`, whatever the order, case and diacritics. */
export function matches(text: string, typed: string): boolean {
  const within = folded(text)
  return folded(typed)
    .split(/\s+/)
    .every((word) => within.includes(word))
}
