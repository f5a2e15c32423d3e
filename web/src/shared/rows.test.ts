// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { act, isTyping, openRow, wishOf } from './rows.ts'

const plain = { ctrlKey: false, metaKey: false, altKey: false }

beforeEach(() => {
  document.body.innerHTML = `<main>
    <div role="search"><input type="search" /></div>
    <ul>${[1, 2, 3].map((id) => `<li data-row tabindex="-1" id="r${id}"><input type="checkbox" /><a href="#o${id}">x</a><p>text</p></li>`).join('')}</ul>
  </main>`
})

const at = () => document.activeElement?.id

describe('keys in lists', () => {
  it.each([
    ['j', false, 'move'],
    ['k', false, 'move'],
    ['/', false, 'search'],
    ['?', false, 'help'],
    ['ArrowDown', true, 'move'],
    ['ArrowDown', false, undefined],
    ['Enter', true, 'open'],
    ['Enter', false, undefined],
    [' ', true, 'tick'],
    [' ', false, undefined],
    ['x', true, undefined],
  ])('%s in a row (%s) is %s', (key, inRow, wish) => {
    expect(wishOf({ ...plain, key }, inRow)?.do).toBe(wish)
    expect(wishOf({ ...plain, ctrlKey: true, key }, inRow)).toBeNull()
  })

  it('go down and up, and stay at the ends', () => {
    act({ do: 'move', by: 1 })
    expect(at()).toBe('r1')
    act({ do: 'move', by: 1 })
    act({ do: 'move', by: 1 })
    act({ do: 'move', by: 1 })
    expect(at()).toBe('r3')
    act({ do: 'move', by: -1 })
    expect(at()).toBe('r2')
  })

  it('go on from the row whose link has the focus', () => {
    document.querySelector<HTMLElement>('#r1 a')?.focus()
    act({ do: 'move', by: 1 })
    expect(at()).toBe('r2')
  })

  it('open and tick the row with the focus, and none without', () => {
    const opened = vi.fn((event: Event) => event.preventDefault())
    document.querySelector('#r2 a')?.addEventListener('click', opened)
    expect(act({ do: 'open' })).toBe(false)
    document.querySelector<HTMLElement>('#r2')?.focus()
    act({ do: 'open' })
    expect(opened).toHaveBeenCalledOnce()
    act({ do: 'tick' })
    expect(document.querySelector<HTMLInputElement>('#r2 input')?.checked).toBe(true)
  })

  it('reach the search, and are letters there', () => {
    act({ do: 'search' })
    expect(isTyping(document.activeElement)).toBe(true)
    document.querySelector<HTMLElement>('#r1 input')?.focus()
    expect(isTyping(document.activeElement)).toBe(false)
  })
})

it('a click on a row opens it, but not one on what does something else', () => {
  const opened = vi.fn((event: Event) => event.preventDefault())
  document.querySelector('#r1 a')?.addEventListener('click', opened)
  const row = document.querySelector<HTMLElement>('#r1')
  if (row === null) throw new Error('no row')
  openRow(row, row.querySelector('input') as Element)
  expect(opened).not.toHaveBeenCalled()
  openRow(row, row.querySelector('p') as Element)
  expect(opened).toHaveBeenCalledOnce()
})
