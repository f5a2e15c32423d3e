import { useVatRates } from '../../shared/useVatRates.ts'
import { useFieldWords } from './useFieldWords.ts'

/** `useFieldWords`, with VAT rates by rate and name: for what shows edits of any field. */
export function useValueWords() {
  const words = useFieldWords()
  const rates = useVatRates()
  return {
    ...words,
    /** A value as text of the API, of an offer of `account`. */
    valueOf: (
      account: string,
      name: string,
      text: string | null,
      kind = 'absolute',
      currency: string | null = null,
    ): string =>
      name === 'vat_id' && text !== null && text !== ''
        ? rates.text(text, account)
        : words.value(name, text, kind, currency),
  }
}
