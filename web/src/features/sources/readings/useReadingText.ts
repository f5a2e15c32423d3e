import { ApiError } from '../../../api/errors.ts'
import type { ErrorText } from '../../../shared/index.ts'
import type { Reading } from '../queries.ts'
import { useErrorWords } from '../useErrorWords.ts'

type Ending = Pick<Reading, 'code' | 'reason' | 'values' | 'message'>

/** Why a reading took nothing in, as an error says it; its `values` are those of its reason. */
export function useReadingText(): (reading: Ending) => ErrorText {
  const words = useErrorWords()
  return ({ code, reason, values, message }) =>
    words(new ApiError(0, code ?? '', message ?? '', [], { reason, values }))
}
