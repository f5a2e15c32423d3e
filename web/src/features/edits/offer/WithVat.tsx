import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { formatMoney } from '../../../shared/index.ts'
import { readAmount } from '../../../shared/numbers.ts'
import { formatRate } from '../../../shared/vat.ts'
import { grossTyped, netTyped } from './form.ts'

interface Props {
  /** The price's own name, such as "Minimum price". */
  name: string
  /** The price without VAT, as it is typed. */
  net: string
  /** The offer's VAT as a fraction; nothing is shown where it is not known. */
  rate: string | null
  currency: string
  onNet: (typed: string) => void
}

/** The same price with VAT, in its own input: whichever is typed, what is stored is the one without. */
export function WithVat({ name, net, rate, currency, onNet }: Props) {
  const { t } = useTranslation('edits')
  // What was typed here stays as it was typed, for as long as the price without VAT is the one made of it.
  const [own, setOwn] = useState<{ text: string; net: string } | null>(null)
  if (rate === null) return null
  const amount = readAmount(net)?.amount ?? null
  const made = grossTyped(net, rate)
  const isOwn = own !== null && own.net === net
  const type = (text: string): void => {
    const stored = netTyped(text, rate) ?? net
    setOwn({ text, net: stored })
    if (stored !== net) onNet(stored)
  }
  return (
    <label className="with-vat">
      {t('vat.with', { rate: formatRate(rate) })}
      <Input
        aria-label={`${name}: ${t('vat.with', { rate: formatRate(rate) })}`}
        inputMode="decimal"
        autoComplete="off"
        maxLength={20}
        value={isOwn ? own.text : made}
        suffix={currency}
        onChange={(event) => type(event.target.value)}
      />
      {isOwn && amount !== null ? (
        <span className="muted" aria-live="polite">
          {t('vat.stored', { value: formatMoney(amount, currency) })}
        </span>
      ) : null}
    </label>
  )
}
