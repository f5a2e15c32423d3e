import { useTranslation } from 'react-i18next'

import { Badge, type Tone } from '../../../shared/Badge.tsx'
import { ErrorState, formatDate, formatNumber, LoadingState } from '../../../shared/index.ts'
import { type Certificate as Shown, useCertificate } from './queries.ts'

const TONES: Record<Shown['verdict'], Tone> = {
  complete: 'good',
  complete_with_unreadable_rows: 'busy',
  partial_by_request: 'busy',
  not_complete: 'bad',
}

/** What an ended run read, counted, looked up and stored, and whether that makes the local copy complete. */
export function Certificate({ runId }: { runId: string }) {
  const { t } = useTranslation('history')
  const { data, error, refetch } = useCertificate(runId)
  return (
    <section>
      <h3>{t('certificate.title')}</h3>
      {data ? <Verdict of={data} /> : null}
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!error && !data ? <LoadingState rows={4} /> : null}
    </section>
  )
}

function Verdict({ of }: { of: Shown }) {
  const { t } = useTranslation('history')
  return (
    <>
      <p>
        <Badge tone={TONES[of.verdict]}>{t(`certificate.verdicts.${of.verdict}`)}</Badge>
      </p>
      <ul className="certificate-reasons">
        {of.reasons.map((reason) => (
          <li key={reason.code + reason.message}>
            <ReasonText reason={reason} />
          </li>
        ))}
      </ul>
      <Facts of={of} />
      {of.readings.length > 1 ? <Readings of={of} /> : null}
      <CopyText of={of} />
    </>
  )
}

function ReasonText({ reason }: { reason: Shown['reasons'][number] }) {
  const { t, i18n } = useTranslation('history')
  const { count, pages, unknown, code, message, status } = reason.values
  const cause = `causes.${String(code)}.title`
  return t(`certificate.reasons.${reason.code}`, {
    count: Number(count ?? 0),
    formatted: formatNumber(Number(count ?? 0)),
    pages: Array.isArray(pages)
      ? pages.map((page) => formatNumber(page)).join(', ')
      : t('certificate.pages', { count: Number(pages ?? 0), formatted: formatNumber(Number(pages ?? 0)) }),
    unknown: formatNumber(Number(unknown ?? 0)),
    cause: i18n.exists(cause, { ns: 'history' }) ? t(cause) : String(message ?? ''),
    status: t(`status.${String(status)}`, { defaultValue: String(status) }),
  })
}

function Facts({ of }: { of: Shown }) {
  const { t } = useTranslation('history')
  const unknown = t('certificate.unknown')
  const counted = (value: number | null) => (value === null ? unknown : formatNumber(value))
  const facts: [string, string][] = [
    [t('certificate.facts.pages'), formatNumber(of.read.pages)],
    [t('certificate.facts.offers'), formatNumber(of.read.distinct_offers)],
    [t('certificate.facts.repeats'), formatNumber(of.read.repeats)],
    [t('certificate.facts.holes'), formatNumber(of.read.holes)],
    [t('certificate.facts.readings'), formatNumber(of.readings.length)],
    [t('certificate.facts.before'), counted(of.count_before)],
    [t('certificate.facts.after'), counted(of.count_after)],
    [t('certificate.facts.lookedUp'), of.looked_up === null ? unknown : formatNumber(of.looked_up.asked)],
  ]
  return (
    <dl className="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Readings({ of }: { of: Shown }) {
  const { t } = useTranslation('history')
  return (
    <ol className="certificate-readings">
      {of.readings.map((reading) => (
        <li key={reading.number}>
          {t('certificate.reading', {
            count: reading.distinct_offers,
            formatted: formatNumber(reading.distinct_offers),
            after:
              reading.count_after === null ? t('certificate.unknown') : formatNumber(reading.count_after),
          })}
        </li>
      ))}
    </ol>
  )
}

function CopyText({ of: { copied } }: { of: Shown }) {
  const { t } = useTranslation('history')
  if (copied.offers === null) return null
  const count = { count: copied.offers, formatted: formatNumber(copied.offers), date: formatDate(copied.at) }
  return (
    <p>
      {t('certificate.copy', count)}{' '}
      {copied.digest === null ? (
        <span className="muted">{t('certificate.noDigest')}</span>
      ) : (
        <>
          {t('certificate.digest')}{' '}
          <code className="certificate-digest">
            {copied.digest_version}:{copied.digest}
          </code>
        </>
      )}
    </p>
  )
}
