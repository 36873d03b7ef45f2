/**
 * What was done to a row that the person should know although the row is used. `what` tells the kind; `name` of which
 * field, role or column, where that matters.
 */
export type NoteKind =
  | 'prompt-repeated'
  | 'prompt-kept'
  | 'prompt-label'
  | 'cut-after-answer'
  | 'system-twice'
  | 'systems'
  | 'other-turns'
  | 'empty-turn'
  | 'role'
  | 'field'
  | 'earlier-field'
  | 'as-chat'
  | 'turn-by-turn'
  | 'system-unused'
  | 'unjudged';

export type Note = (what: NoteKind, name?: string) => void;
