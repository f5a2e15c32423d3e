import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { ErrorState } from '../../../shared/index.ts'
import type { Refusal } from './refusals.ts'
import { useFieldWords } from '../useFieldWords.ts'

/** Why an edit was not kept, and what to do. Doubts have a dialog of their own. */
export function Refused({ refusal, onReload }: { refusal: Refusal; onReload: () => void }) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  switch (refusal.kind) {
    case 'doubtful':
      return null
    case 'other':
      return <ErrorState error={refusal.error} />
    case 'stale':
      return (
        <Alert
          type="warning"
          showIcon
          role="alert"
          title={t('stale.title')}
          description={t('stale.text')}
          action={<Button onClick={onReload}>{t('stale.reload')}</Button>}
        />
      )
    case 'wrong':
      return (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={t('wrong')}
          description={
            <ul className="objections">
              {refusal.faults.map((fault) => (
                <li key={`${fault.field} ${fault.code}`}>
                  <strong>{words.field(fault.field.split('.')[0] ?? '')}</strong>: {words.objection(fault)}
                </li>
              ))}
            </ul>
          }
        />
      )
  }
}
