import { useTranslation } from 'react-i18next'

import { ApiError } from '../../../api/errors.ts'
import { errorText, type ErrorText } from '../../../shared/index.ts'
import type { Reading } from '../queries.ts'

type Ending = Pick<Reading, 'code' | 'reason' | 'values' | 'message'>

/** Why a reading took nothing in, as an error says it; its `values` are those of its reason. */
export function useReadingText(): (reading: Ending) => ErrorText {
  const { t } = useTranslation()
  return ({ code, reason, values, message }) =>
    errorText(t, new ApiError(0, code ?? '', message ?? '', [], { reason, values }))
}
