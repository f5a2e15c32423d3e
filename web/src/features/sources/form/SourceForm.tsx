import { Button, Flex, Form, Steps } from 'antd'
import { useTranslation } from 'react-i18next'

import { useAccountNames, type Source } from '../queries.ts'
import { draftOf, newDraft, type Draft } from './draft.ts'
import { STEPS } from './faults.ts'
import { FileStep } from './FileStep.tsx'
import { PlaceStep } from './PlaceStep.tsx'
import { Refusal } from './Refusal.tsx'
import { RulesStep } from './RulesStep.tsx'
import { useSourceForm } from './useSourceForm.ts'

interface Props {
  /** Null: a new one. */
  source: Source | null
  hasFolder: boolean
  onCancel: () => void
  /** Called with the source, and with its first reading where there was one. */
  onSaved: (sourceId: string, readingId: number | null) => void
}

/** A source in three steps, with what its file holds shown in the second. */
export function SourceForm(props: Props) {
  const accounts = useAccountNames()
  if (props.source !== null) return <Filled {...props} initial={draftOf(props.source)} />
  const [only = null, ...others] = accounts
  // The form takes its first values once: it waits for the accounts.
  return only === null ? null : <Filled {...props} initial={newDraft(others.length === 0 ? only : null)} />
}

function Filled({ source, hasFolder, onCancel, onSaved, initial }: Props & { initial: Draft }) {
  const { t } = useTranslation('sources')
  const { form, step, look, lookAt, turn, submit, isBusy, error } = useSourceForm({
    source,
    initial,
    onSaved,
  })
  const watched = Form.useWatch((values: Partial<Draft>) => values, { form, preserve: true })
  const draft: Draft = { ...initial, ...watched }
  const title = source === null ? t('form.addTitle') : t('form.editTitle', { name: source.name })
  const isReadNow = source === null && draft.kind !== 'upload' && draft.enabled
  return (
    <section className="source-form" aria-label={title}>
      <h2>{title}</h2>
      <Steps
        size="small"
        current={step}
        onChange={turn}
        items={STEPS.map((one) => ({ title: t(`form.steps.${one}`) }))}
      />
      <Form<Draft>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        scrollToFirstError
      >
        <Refusal error={error} />
        <div hidden={STEPS[step] !== 'place'}>
          <PlaceStep draft={draft} source={source} hasFolder={hasFolder} />
        </div>
        <div hidden={STEPS[step] !== 'file'}>
          <FileStep
            draft={draft}
            look={look.data ?? null}
            isLooking={look.isPending}
            error={look.error}
            onLook={lookAt}
          />
        </div>
        <div hidden={STEPS[step] !== 'rules'}>
          <RulesStep draft={draft} />
        </div>
        <Flex wrap gap="small">
          {step > 0 ? <Button onClick={() => turn(step - 1)}>{t('form.back')}</Button> : null}
          {step === STEPS.length - 1 ? (
            <Button type="primary" loading={isBusy} onClick={submit}>
              {t(isReadNow ? 'form.saveAndRead' : 'common:save')}
            </Button>
          ) : (
            <Button type="primary" onClick={() => turn(step + 1)}>
              {t('form.next')}
            </Button>
          )}
          <Button type="text" onClick={onCancel}>
            {t('common:cancel')}
          </Button>
        </Flex>
      </Form>
    </section>
  )
}
