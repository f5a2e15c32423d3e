/** How long a new password is, in characters: as the server has it. */
export const SHORTEST_PASSWORD = 12
export const LONGEST_PASSWORD = 128
