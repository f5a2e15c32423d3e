import { keepPreviousData, useQuery } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../../api/client.ts'
import { EDITS } from '../../../shared/query-keys.ts'
import { isWaiting } from './offerEdits.ts'

const MOST = 100
const LOOK_MS = 3000
const EVERY_STATE = [
  'open',
  'conflict',
  'applied',
  'settled',
  'lost',
  'rejected',
  'replaced',
  'withdrawn',
] as const satisfies readonly Schemas['EditState'][]

/** The newest edits of one offer, whatever became of them; asked again while one waits. */
export function useOfferEdits(offer: Pick<Schemas['Product'], 'account' | 'emag_id' | 'version'>) {
  const { account, emag_id: emagId, version } = offer
  return useQuery({
    queryKey: [EDITS, 'of-offer', account, emagId, version],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/edits', {
          params: {
            query: { account, emag_id: emagId, state: [...EVERY_STATE], limit: MOST },
          },
          signal,
        }),
      ),
    select: (answer) => answer.edits,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.edits.some(isWaiting) ? LOOK_MS : false),
  })
}
