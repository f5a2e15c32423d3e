/** Has the browser save an answer as a file, under the name that the server gave it. */
export async function saveAnswer(answer: Response, otherwise: string): Promise<void> {
  const named = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1]
  const address = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = named ?? otherwise
  document.body.append(link)
  link.click()
  link.remove()
  // Not at once: the browser has only begun to read it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
