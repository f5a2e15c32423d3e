import type { Schemas } from '../../api/client.ts'

type Product = Pick<Schemas['Product'], 'part_number' | 'emag_id' | 'name' | 'not_sellable'>

/** A line for each offer, in columns that a sheet takes apart: SKU, name, what keeps it from sale. */
export function copiedText(offers: readonly Product[], words: (code: string) => string): string {
  return offers
    .map(({ part_number, emag_id: id, name, not_sellable: codes }) =>
      [part_number ?? String(id), name ?? '', codes.map(words).join(' ')].map(inOneCell).join('\t'),
    )
    .join('\n')
}

function inOneCell(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
