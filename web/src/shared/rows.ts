/**
 * The keyboard in lists, for every list of the page: rows are marked by `data-row`. What a key does to a row is what a
 * click on its first link or its box does.
 */

/** What a key asks for. */
export type Wish =
  { do: 'move'; by: 1 | -1 } | { do: 'open' } | { do: 'tick' } | { do: 'search' } | { do: 'help' } | null

export const ROWS = 'main [data-row]'

interface Key {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

const ANYWHERE: Readonly<Record<string, Wish>> = {
  j: { do: 'move', by: 1 },
  k: { do: 'move', by: -1 },
  '/': { do: 'search' },
  '?': { do: 'help' },
}
const IN_ROWS: Readonly<Record<string, Wish>> = {
  ArrowDown: { do: 'move', by: 1 },
  ArrowUp: { do: 'move', by: -1 },
  Enter: { do: 'open' },
  ' ': { do: 'tick' },
}

/** The wish that a key stands for. `inRow`: whether a row itself has the focus, which arrows, Enter and space need. */
export function wishOf({ key, ctrlKey, metaKey, altKey }: Key, inRow: boolean): Wish {
  if (ctrlKey || metaKey || altKey) return null
  return ANYWHERE[key] ?? (inRow ? (IN_ROWS[key] ?? null) : null)
}

/** Whether keys are typed into `target` rather than meant for the page. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest('input:not([type=checkbox]), textarea, select, [role=combobox]') !== null)
  )
}

/** Whether something lies over the page, which then has the keys. */
export function isCovered(): boolean {
  return document.querySelector('.ant-drawer-open, .ant-modal-wrap:not([style*="display: none"])') !== null
}

/** Does with the list what was wished; tells whether there was something to do it to. */
export function act(wish: Exclude<Wish, null | { do: 'help' }>): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)]
  const at = rows.findIndex((row) => row === document.activeElement)
  switch (wish.do) {
    case 'search':
      return focus(document.querySelector<HTMLElement>('main input[type=search], main [role=search] input'))
    case 'move': {
      const last = rows.length - 1
      const from = at === -1 ? rows.findIndex((row) => row.contains(document.activeElement)) : at
      return focus(rows[Math.min(last, Math.max(0, from + (from === -1 ? 1 : wish.by)))] ?? null)
    }
    case 'open':
      return click(rows[at]?.querySelector('a[href]'))
    case 'tick':
      return click(rows[at]?.querySelector('input[type=checkbox]'))
  }
}

function focus(element: HTMLElement | null): boolean {
  element?.focus()
  return element !== null
}

function click(element: Element | null | undefined): boolean {
  if (!(element instanceof HTMLElement)) return false
  element.click()
  return true
}

// What is between a row and its text, and does something of its own.
const OWN = 'a, button, input, select, textarea, label, summary, [role=dialog]'

/** A click somewhere on a row opens it, unless it was on something else that is in the row, or marks text. */
export function openRow(row: HTMLElement, target: EventTarget): void {
  if (!(target instanceof Element) || target.closest(OWN) !== null || !row.contains(target)) return
  if ((window.getSelection()?.toString() ?? '') !== '') return
  click(row.querySelector('a[href]'))
}
