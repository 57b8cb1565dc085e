// What a page fetches once it is there. Its own file, as the player and every page need it.

const PAUSES = [300, 1500];

/**
 * What `load()` resolves to, asked for again where it was broken off: a browser gives up what is
 * under way when its network changes, as on the way out of the house. An answer, whichever, is final.
 */
export async function fetched(load) {
  for (const pause of PAUSES) {
    try {
      return await load();
    } catch (error) {
      // What `fetch` and `import` say of no answer.
      if (!(error instanceof TypeError)) throw error;
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  return load();
}
