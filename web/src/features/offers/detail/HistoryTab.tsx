import {
  Area,
  AreaChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { Segmented } from 'antd'
import { useTranslation } from 'react-i18next'

import {
  EmptyState,
  ErrorState,
  formatDate,
  formatMoney,
  formatNumber,
  LoadingState,
  useFieldNames,
  useUrlState,
} from '../../../shared/index.ts'
import { course, courseSince, currenciesOf, inCurrency, isLevel, range, type Point } from './history.ts'
import { useOfferChanges, type ProductDetail } from '../queries.ts'

const EVERYTHING = { range: 'all' }
// A course of less than two days has hours on its axis.
const SHORT_MS = 48 * 3_600_000

/** In days; null is everything. What is chosen stands in the address, so that the picture can be shared. */
const RANGES = { month: 30, quarter: 90, year: 365, all: null } as const
type Range = keyof typeof RANGES
const DAY_MS = 86_400_000

function isRange(name: string): name is Range {
  return Object.hasOwn(RANGES, name)
}

/** Price and stock over time, as far as the change log knows. */
export default function HistoryTab({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  const [chosen, choose] = useUrlState(EVERYTHING)
  const shown: Range = isRange(chosen.range) ? chosen.range : 'all'
  const log = useOfferChanges(offer.id)
  if (log.error && !log.data) return <ErrorState error={log.error} onRetry={() => void log.refetch()} />
  if (!log.data) return <LoadingState rows={10} />
  const changes = log.data.pages.flatMap((page) => page.data.changes)
  const points = course(offer, changes, !log.hasNextPage)
  if (isLevel(points)) {
    return <EmptyState title={t('chart.none', { date: formatDate(offer.created_at) })} />
  }
  const days = RANGES[shown]
  const now = points[points.length - 1]?.at ?? 0
  const part = days === null ? points : courseSince(points, now - days * DAY_MS)
  return (
    <>
      <Segmented<Range>
        aria-label={t('chart.range')}
        value={shown}
        options={(Object.keys(RANGES) as Range[]).map((value) => ({
          value,
          label: t(`chart.ranges.${value}`),
        }))}
        onChange={(range) => choose({ range })}
      />
      <p className="muted">
        {log.hasNextPage
          ? t('chart.partial', { count: changes.length, formatted: formatNumber(changes.length) })
          : null}{' '}
        {t('chart.asTable')}
      </p>
      <Charts points={part} />
    </>
  )
}

function Charts({ points }: { points: Point[] }) {
  const { t } = useTranslation('offers')
  const names = useFieldNames()
  const pieces = (value: number): string => formatNumber(value)
  const [first, last] = [points[0], points[points.length - 1]]
  const span = { from: formatDate(dateOf(first?.at)), to: formatDate(dateOf(last?.at)) }
  const summary = (
    what: 'price' | 'stock',
    of: readonly Point[],
    format: (value: number) => string,
  ): string => {
    const [min, max] = (range(of, what) ?? []).map(format)
    return t(what === 'price' ? 'chart.summaryPrice' : 'chart.summaryStock', { ...span, min, max })
  }
  const isShort = (last?.at ?? 0) - (first?.at ?? 0) < SHORT_MS
  const margin = { top: 8, right: 16, bottom: 0, left: 8 }
  const axes = (format: (value: number) => string, wide: number) => [
    <CartesianGrid key="grid" strokeDasharray="3 3" stroke="var(--line)" />,
    <XAxis
      key="x"
      dataKey="at"
      type="number"
      scale="time"
      domain={['dataMin', 'dataMax']}
      tickFormatter={(at: number) => formatDate(new Date(at), isShort ? 'time' : 'date')}
      stroke="var(--muted)"
      minTickGap={40}
    />,
    <YAxis key="y" tickFormatter={format} width={wide} stroke="var(--muted)" domain={['auto', 'auto']} />,
    <Tooltip
      key="tip"
      isAnimationActive={false}
      contentStyle={{ background: 'var(--card)', borderColor: 'var(--line)', color: 'var(--ink)' }}
      labelFormatter={(at) => formatDate(new Date(Number(at)))}
      formatter={(value) => format(Number(value))}
    />,
  ]
  const currencies = currenciesOf(points)
  return (
    <>
      {currencies.length > 1 ? <p className="muted">{t('chart.currencies')}</p> : null}
      {currencies.map((currency) => {
        const prices = inCurrency(points, currency)
        const money = (value: number): string => formatMoney(String(value), currency)
        return (
          <figure
            key={currency}
            role="img"
            aria-label={summary('price', prices, money)}
            data-currency={currency}
            className="chart"
          >
            <figcaption className="chart-title">{t('chart.price', { currency })}</figcaption>
            <div className="chart-box">
              <ResponsiveContainer>
                <LineChart data={prices} margin={margin} accessibilityLayer={false}>
                  {axes(money, 100)}
                  <Line
                    type="stepAfter"
                    dataKey="price"
                    name={names.field('sale_price')}
                    stroke="var(--accent)"
                    strokeWidth={2}
                    dot={{ r: 3 }}
                    isAnimationActive={false}
                  />
                </LineChart>
              </ResponsiveContainer>
            </div>
          </figure>
        )
      })}
      <figure role="img" aria-label={summary('stock', points, pieces)} className="chart">
        <figcaption className="chart-title">{t('chart.stock')}</figcaption>
        <div className="chart-box">
          <ResponsiveContainer>
            <AreaChart data={points} margin={margin} accessibilityLayer={false}>
              {axes(pieces, 100)}
              <Area
                type="stepAfter"
                dataKey="stock"
                name={names.field('stock')}
                stroke="var(--good)"
                fill="var(--good)"
                fillOpacity={0.15}
                isAnimationActive={false}
              />
            </AreaChart>
          </ResponsiveContainer>
        </div>
      </figure>
    </>
  )
}

function dateOf(moment: number | undefined): Date | null {
  return moment === undefined ? null : new Date(moment)
}
