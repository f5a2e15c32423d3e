/** The sections of the edits in their order, for their own navigation and the command palette. */
export const EDITS_SECTIONS = ['outbox', 'waiting', 'conflicts', 'bulk', 'undo'] as const
export type EditsSection = (typeof EDITS_SECTIONS)[number]
