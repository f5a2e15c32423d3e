const ASKED = 'emagsync:palette'

/** Opens the command palette from wherever it is asked for. */
export function openPalette(): void {
  window.dispatchEvent(new Event(ASKED))
}

/** Calls `listener` when the palette is asked for, until the function that it returns is called. */
export function onPalette(listener: () => void): () => void {
  window.addEventListener(ASKED, listener)
  return () => window.removeEventListener(ASKED, listener)
}
