"""Peer to peer on one machine: tickets, direct connections, and what goes wrong."""
import base64
import contextlib
import hashlib
import json
import re
import tempfile
import unittest

from support import Case, DONE, LONG, MAX, PEER, Process, ROOT, TICKET, TRANSPORT, USAGE, polytune, program_file, relay

VOTE = ROOT / "examples/vote.garble"
SUM3 = "pub fn main(a: u8, b: u8, c: u8) -> u8 { a + b + c }"
SOON = 200


def open_session(url, program, text, *more, party=0):
    """The process of the party that opens the session, and its ticket."""
    process = Process("party", "p2p:new", f"--relay={url}", f"--program={program}", f"--party={party}", f"--input={text}",
                      *more)
    return process, process.read_err_until(TICKET).group()


def join(ticket, program, party, text, *more):
    return Process("party", ticket, f"--program={program}", f"--party={party}", f"--input={text}", *more)


def run(url, program, inputs, *more, flags=()):
    """All parties, the first of which opens the session; `flags` by party. Their results."""
    flags = [*flags, *[[]] * len(inputs)]
    first, ticket = open_session(url, program, inputs[0], *more, *flags[0])
    others = [join(ticket, program, i, inputs[i], *more, *flags[i]) for i in range(1, len(inputs))]
    return [process.wait(SOON) for process in [first, *others]]


def ways(result):
    """The parties that this one says it reaches directly, and those through the relay."""
    return ({int(i) for i in re.findall(r"direct connection to party (\d+) at ", result.err)},
            {int(i) for i in re.findall(r"no direct connection to party (\d+);", result.err)})


class Direct(Case):
    def assertTold(self, result, others):
        """Of each of the others which way; of a short run the messages may have ended before it was connected."""
        direct, relayed = ways(result)
        self.assertEqual((direct | relayed, direct & relayed), (others, set()), result)

    def test_two_three_and_five_parties(self):
        with relay() as (url, _), program_file(SUM3) as sum3:
            for program, inputs, out in ((MAX, ["5", "4"], "true"), (sum3, ["1", "2", "3"], "6"),
                                         (VOTE, ["1", "0", "1", "2", "1"], "[1, 3, 1]")):
                for i, result in enumerate(run(url, program, inputs)):
                    self.assertRan(result, out)
                    self.assertTold(result, set(range(len(inputs))) - {i})

    def test_any_party_can_open(self):
        with relay() as (url, _):
            opener, ticket = open_session(url, MAX, "4", party=1)
            joined = join(ticket, MAX, 0, "5").wait(SOON)
            self.assertRan(joined, "true")
            self.assertRan(opener.wait(SOON), "true")
            self.assertIn("party 1 is the one that made the ticket", joined.err)

    def test_every_session_has_its_own_ticket(self):
        with relay() as (url, _):
            a, first = open_session(url, MAX, "4")
            b, second = open_session(url, MAX, "5")
            self.assertNotEqual(first, second)
            # Both at once, at one relay.
            others = [join(second, MAX, 1, "1"), join(first, MAX, 1, "9")]
            self.assertRan(others[0].wait(SOON), "true")
            self.assertRan(others[1].wait(SOON), "false")
            self.assertRan(a.wait(SOON), "false")
            self.assertRan(b.wait(SOON), "true")

    def test_the_relay_may_go_once_all_are_connected(self):
        with program_file(LONG) as program, relay() as (url, process):
            opener, ticket = open_session(url, program, "1")
            joined = join(ticket, program, 1, "2")
            for party in (opener, joined):
                party.read_err_until(r"direct connection to party")
            process.kill()  # both have told that all of it goes directly from here on
            results = [party.wait(SOON) for party in (opener, joined)]
            self.assertEqual([result.status for result in results], [DONE, DONE], results)
            self.assertEqual(results[0].out, results[1].out)

    def test_the_words_are_the_same_for_all(self):
        with relay() as (url, _), program_file(SUM3) as sum3:
            results = run(url, sum3, ["1", "2", "3"])
            words = {re.search(r"nobody is in between: (\S+)$", result.err, re.M).group(1) for result in results}
            self.assertEqual(len(words), 1, results)

    def test_as_json(self):
        with relay() as (url, _):
            opener = Process("party", "p2p:new", f"--relay={url}", f"--program={MAX}", "--party=0", "--input=5", "--json",
                             "--log-format=json")
            line = opener.read_err_until(r'.*"message":"p2p:(?!new).*').group()
            ticket = json.loads(line)["message"]
            self.assertRegex(ticket, TICKET)
            self.assertRan(join(ticket, MAX, 1, "4").wait(SOON), "true")
            self.assertEqual(self.json_of(opener.wait(SOON))["text"], "true")

    def test_a_dealer_joins_too(self):
        with relay() as (url, _):
            opener, ticket = open_session(url, MAX, "5", "--dealer")
            dealer = Process("pre", ticket, "--parties=2")
            other = join(ticket, MAX, 1, "4", "--dealer")
            self.assertRan(opener.wait(SOON), "true")
            self.assertRan(other.wait(SOON), "true")
            result = dealer.wait(SOON)
            self.assertEqual(result.status, DONE, result)
            self.assertTold(result, {0, 1})


class Relayed(Case):
    def test_nobody_connects(self):
        with relay() as (url, _):
            for i, result in enumerate(run(url, MAX, ["5", "4"], "--only-relay")):
                self.assertRan(result, "true")
                self.assertEqual(ways(result), (set(), {1 - i}), result)

    def test_some_pairs_connect(self):
        with relay() as (url, _), program_file(SUM3) as sum3:
            results = run(url, sum3, ["1", "2", "3"], flags=[[], [], ["--only-relay"]])
            for result in results:
                self.assertRan(result, "6")
            self.assertEqual(ways(results[2]), (set(), {0, 1}), results)
            for i in range(2):
                direct, relayed = ways(results[i])
                self.assertEqual((direct | relayed, direct - {1 - i}), ({1 - i, 2}, set()), results)


class Keys(Case):
    @contextlib.contextmanager
    def keys(self):
        with tempfile.TemporaryDirectory() as folder:
            public = [polytune("keygen", "-o", f"{folder}/{i}").out.strip() for i in range(3)]
            for name, keys in (("roster", public[:2]), ("other", [public[2], public[1]])):
                with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                    file.write("".join(f"{i} {key}\n" for i, key in enumerate(keys)))
            yield folder

    def test_rosters_work_as_everywhere(self):
        with relay() as (url, _), self.keys() as folder:
            flags = [[f"--key={folder}/{i}", f"--roster={folder}/roster"] for i in range(2)]
            for result in run(url, MAX, ["5", "4"], flags=flags):
                self.assertRan(result, "true")
                self.assertNotIn("authenticated", result.err)

    def test_a_ticket_from_another_than_the_roster_says(self):
        with relay() as (url, _), self.keys() as folder:
            opener, ticket = open_session(url, MAX, "5", f"--key={folder}/0", f"--roster={folder}/roster")
            result = join(ticket, MAX, 1, "4", f"--key={folder}/1", f"--roster={folder}/other").wait(SOON)
            self.assertFailed(result, USAGE, "the ticket has another key for party 0")
            opener.kill()

    def test_somebody_else_in_the_openers_place(self):
        # Whoever took the seat lacks the private key of the ticket; here the ticket's key is the other one.
        with relay() as (url, _):
            opener, ticket = open_session(url, MAX, "5")
            joined = join(with_another_key(ticket), MAX, 1, "4").wait(SOON)
            self.assertFailed(joined, PEER, "party 0 has another key than")
            self.assertFailed(opener.wait(SOON), PEER, "party 1")

    def test_session_secrets_work_as_everywhere(self):
        with relay() as (url, _):
            for result in run(url, MAX, ["5", "4"], "--session-secret=correct horse"):
                self.assertRan(result, "true")


def with_another_key(ticket):
    text = ticket.removeprefix("p2p:")
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:-4])
    raw[20] ^= 1
    raw += hashlib.blake2b(raw, digest_size=32).digest()[:4]
    return "p2p:" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Failures(Case):
    def refused(self, where, *more):
        return polytune("party", where, f"--program={MAX}", "--party=1", "--input=4", *more)

    def test_flags_that_do_not_fit(self):
        self.assertFailed(self.refused("p2p:new"), USAGE, "--relay=URL")
        self.assertFailed(self.refused("p2p:new", "--relay=nonsense"), USAGE, "not the URL of a relay")
        self.assertFailed(self.refused("p2p:new", "--relay=http://127.0.0.1:9", "--session=s"), USAGE, "--session")
        self.assertFailed(self.refused("p2p:new", "--relay=http://127.0.0.1:9", "--quiet"), USAGE, "ticket")
        self.assertFailed(polytune("party", "p2p:new", "--relay=http://127.0.0.1:9", f"--program={MAX}", "--party=1", "--input=4",
                                   env={"POLYTUNE_LOG": "error"}), USAGE, "POLYTUNE_LOG=error", "ticket")
        self.assertFailed(self.refused("http://127.0.0.1:9", "--session=s", "--only-relay"), USAGE, "--only-relay")
        self.assertFailed(self.refused("http://127.0.0.1:9", "--session=s", "--relay=http://x"), USAGE, "--relay")

    def test_tickets_that_are_none(self):
        self.assertFailed(self.refused("p2p:"), USAGE, "mistyped or cut off")
        with relay() as (url, _):
            opener, ticket = open_session(url, MAX, "5")
            self.assertFailed(self.refused(ticket[:-1]), USAGE, "mistyped or cut off")
            self.assertFailed(self.refused(ticket.swapcase().replace("P2P", "p2p")), USAGE, "mistyped or cut off")
            self.assertFailed(self.refused(ticket, "--relay=" + url), USAGE, "a ticket names the relay")
            self.assertFailed(join(ticket, MAX, 0, "4").wait(SOON), USAGE, "party 0 opened this session")
            opener.kill()

    def test_nobody_joins(self):
        with relay() as (url, _):
            opener, _ = open_session(url, MAX, "5", "--wait=2")
            self.assertFailed(opener.wait(SOON), TRANSPORT, "party 1 did not join")

    def test_who_runs_what_is_told_also_if_somebody_never_comes(self):
        three = "pub fn main(a: u8, b: u8, c: u8) -> u8 { a ^ b ^ c }"
        with relay() as (url, _), program_file(three) as program, program_file(three.replace("^ c", "& c")) as other:
            opener, ticket = open_session(url, program, "1")
            joined = join(ticket, other, 1, "2")
            for party, number in ((opener, 1), (joined, 0)):
                self.assertFailed(party.wait(SOON), PEER, f"party {number} runs another program or circuit")

    def test_no_relay_there(self):
        with relay() as (url, process):
            process.kill()
            opener, _ = open_session(url, MAX, "5", "--timeout=2")
            self.assertFailed(opener.wait(SOON), TRANSPORT, url)

    def test_a_peer_that_dies(self):
        with program_file(LONG) as program, relay() as (url, _):
            opener, ticket = open_session(url, program, "1", "--timeout=60")
            joined = join(ticket, program, 1, "2", "--timeout=60")
            opener.read_err_until("nobody is in between")
            joined.read_err_until("nobody is in between")
            joined.kill()
            self.assertFailed(opener.wait(SOON), TRANSPORT, "party 1")


if __name__ == "__main__":
    unittest.main()
