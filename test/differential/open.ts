/** Cases that disagree and should not. A case of this list that agrees has to leave it. */
export const OPEN: readonly string[] = []
