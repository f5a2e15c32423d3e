import { App, Form } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useLook, useReadNow, useSaveSource, type Source } from '../queries.ts'
import { bodyOf, lookOf, type Draft } from './draft.ts'
import { faultsOf, OF_STEP, STEPS, type Fault } from './faults.ts'

interface Options {
  source: Source | null
  initial: Draft
  onSaved: (sourceId: string, readingId: number | null) => void
}

/** What the form of a source does: its steps, looking at the file, saving, and the server's objections at their fields. */
export function useSourceForm({ source, initial, onSaved }: Options) {
  const { t } = useTranslation('sources')
  const { message } = App.useApp()
  const [form] = Form.useForm<Draft>()
  const [step, setStep] = useState(0)
  // By which answers the file was looked at: with the same ones it is not fetched again.
  const [lookedAt, setLookedAt] = useState<string | null>(null)
  const tellFaults = useTellFaults()
  const look = useLook()
  const save = useSaveSource(source?.id ?? null)
  const read = useReadNow()
  const given = (): Draft => ({ ...initial, ...form.getFieldsValue(true) })

  const show = (error: Error): void => {
    const faults = faultsOf(error)
    if (faults.length === 0) return
    form.setFields(tellFaults(faults) as never)
    setStep(Math.min(...faults.map((fault) => STEPS.indexOf(fault.step))))
  }
  const lookAt = (sample?: File): void => {
    const place = lookOf(given(), source?.id ?? null)
    if (sample !== undefined) {
      look.mutate({ file: sample, format: given().format })
    } else if (place !== null) {
      setLookedAt(JSON.stringify(place))
      look.mutate({ place }, { onError: show })
    }
  }
  const go = (to: number): void => {
    setStep(to)
    const place = lookOf(given(), source?.id ?? null)
    if (STEPS[to] !== 'file' || place === null || JSON.stringify(place) === lookedAt) return
    look.reset()
    lookAt()
  }
  const goOn = async (to: number): Promise<void> => {
    const names = STEPS.slice(step, to).flatMap((one) => OF_STEP[one])
    const isFine = await form.validateFields(names as never).then(
      () => true,
      () => false,
    )
    if (isFine) go(to)
  }
  const saved = ({ id, kind, enabled }: Source): void => {
    void message.success(t('saved'))
    if (source !== null || kind === 'upload' || !enabled) {
      onSaved(id, null)
      return
    }
    read.mutate(
      { id, force: false },
      // It may be read by itself at this very moment: its page shows that.
      { onSuccess: (reading) => onSaved(id, reading.id), onError: () => onSaved(id, null) },
    )
  }
  const submit = (): void =>
    save.mutate(bodyOf(given(), look.data ?? null), { onError: show, onSuccess: saved })
  return {
    form,
    step,
    look,
    lookAt,
    /** To another step: forward only past answers that can be. */
    turn: (to: number): void => (to > step ? void goOn(to) : go(to)),
    submit,
    isBusy: save.isPending || read.isPending,
    /** What was refused and belongs to no field. */
    error: faultsOf(save.error).length > 0 ? null : save.error,
  }
}

/** The server's objections in the reader's words, as the form takes them. */
function useTellFaults(): (faults: readonly Fault[]) => { name: string | string[]; errors: string[] }[] {
  const { t } = useTranslation('sources')
  return (faults) =>
    faults.map(({ place, error }) => ({
      name: typeof place === 'string' ? place : [...place],
      errors: [
        t([`reasons.${error.code}.${error.reason ?? ''}`, `faults.${error.code}`, 'faults.other'], {
          ...error.values,
          message: error.message,
        }),
      ],
    }))
}
