"""The random numbers of a search, from the formulas of ChaCha8 (D. J. Bernstein, https://cr.yp.to/chacha.html). A step
draws from streams of its own, whose key is seed, purpose and counter in 8 bytes each, then zeros."""
import math
import struct

# The purposes of streams: first architecture parameters, counted by epoch; draws of methods, counted by step and the
# purpose of a draw within it; masks, counted by batch and slot.
ARCHITECTURE, METHOD, MASK = 2, 9, 10
WORD = 0xFFFFFFFF


def quarter_round(s, a, b, c, d):
    for x, y, z, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & WORD
        s[z] ^= s[x]
        s[z] = (s[z] << by | s[z] >> (32 - by)) & WORD


def block(key, counter, rounds=8):
    """16 words of the key stream, with the nonce 0."""
    start = [*struct.unpack("<12I", b"expand 32-byte k" + key), counter & WORD, counter >> 32, 0, 0]
    s = list(start)
    for _ in range(rounds // 2):
        for i in range(4):
            quarter_round(s, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter_round(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return [(a + b) & WORD for a, b in zip(s, start)]


class Stream:
    def __init__(self, seed, purpose, counter):
        self.key, self.words, self.blocks = struct.pack("<4Q", seed, purpose, counter, 0), [], 0

    @classmethod
    def of_step(cls, seed, step, purpose):
        return cls(seed, METHOD, step << 8 | purpose)

    def word(self):
        if not self.words:
            self.words = block(self.key, self.blocks)
            self.blocks += 1
        return self.words.pop(0)

    def uniform(self):
        """A number of 53 bits in [0, 1): those on top of two words, the lower one first."""
        low, high = self.word(), self.word()
        return ((high << 32 | low) >> 11) / 2**53

    def normal(self):
        """A standard normal number by the Box–Muller transform."""
        u, v = self.uniform() + 2**-53, self.uniform()
        return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)

    def gumbel(self):
        return -math.log(-math.log(max(self.uniform(), 2**-1022)))

    def logistic(self):
        u = max(self.uniform(), 2**-54)
        return math.log(u) - math.log1p(-u)

    def categorical(self, weights):
        """An index, with a chance in proportion to its weight."""
        rest, drawn = self.uniform() * sum(weights), None
        for at, weight in enumerate(weights):
            if weight > 0:
                drawn = at
                rest -= weight
                if rest < 0:
                    break
        return drawn
