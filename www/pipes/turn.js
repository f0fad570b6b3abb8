// The turn that is drawn: who waits for its end, and what it is drawn into.

/** At most one turn at a time. */
export function turns() {
  let current = null;
  return {
    /** Begins one; resolves when it is over. */
    begin(reply) {
      current?.over();
      return new Promise((resolve) => {
        const turn = { reply, over: (why) => resolve(why) };
        current = turn;
      });
    },
    /** What the turn is drawn into; none when there is no turn. */
    reply: () => current?.reply,
    /** It is over; `why`, when it ended early. */
    over(why) {
      const turn = current;
      current = null;
      turn?.over(why);
    },
  };
}
