// Where in the console one is, as the address says: `#/teams/t3` is the section `teams`, of `t3`.

class Place {
  /** The section. */
  id = $state("");
  /** What is looked at in it: a team, a case. */
  of = $state<string | null>(null);

  /** Follow the address until the function it returns is called; `id` where it names nothing. */
  follow(id: string): () => void {
    const read = (): void => {
      const [named = "", of] = location.hash.replace(/^#\/?/, "").split("/");
      this.id = named || id;
      this.of = of ? decoded(of) : null;
    };
    read();
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const place = new Place();
