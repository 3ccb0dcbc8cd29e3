#include "stats/permutation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Entries of a half (32 bytes each) and arrangements that are counted one by one:
 * a second or less. */
static const double MOST_ENTRIES = 0x1p20, MOST_ARRANGEMENTS = 0x1p21;

/* A run of equal scores within a stratum. */
typedef struct score_class {
    double score;
    size_t stratum, members;
} score_class;

static score_class *list_classes(const permutation *p, size_t *n)
{
    score_class *out = calloc(p->n + 1, sizeof *out);
    *n = 0;
    for (size_t s = 0; out && s < p->n_strata; s++) {
        for (size_t i = p->stratum_first[s]; i < p->stratum_first[s + 1]; i++) {
            bool first = i == p->stratum_first[s] || p->rows[i].score != p->rows[i - 1].score;
            *n += first;
            out[*n - 1].score = p->rows[i].score;
            out[*n - 1].stratum = s;
            out[*n - 1].members++;
        }
    }
    return out;
}

static double choose(size_t n, size_t k)
{
    double ways = 1.0;
    for (size_t i = 1; i <= k; i++) {
        ways *= (double)(n - k + i) / (double)i;
    }
    return round(ways);
}

/* ---- Two groups, one stratum: the split-up method.  Every choice of members for
 * the second group is a choice of each half; halves of complementary sizes are
 * matched by search instead of one by one. */
typedef struct part {
    double sum, ways;
    double before; /* see accumulate */
    size_t size;
} part;

typedef struct half {
    part *parts;
    size_t n;
} half;

static int by_size_sum(const void *a, const void *b)
{
    const part *x = a, *y = b;
    if (x->size != y->size) {
        return x->size < y->size ? -1 : 1;
    }
    return (x->sum > y->sum) - (x->sum < y->sum);
}

/* From the back, so that what is read is still there. */
static void multiply(half *h, const score_class *c)
{
    size_t n = h->n;
    for (size_t take = c->members + 1; take-- > 0;) {
        double ways = choose(c->members, take);
        for (size_t i = 0; i < n; i++) {
            const part *from = &h->parts[i];
            h->parts[take * n + i] = (part){.sum = from->sum + (double)take * c->score,
                                            .ways = from->ways * ways,
                                            .size = from->size + take};
        }
    }
    h->n = n * (c->members + 1);
}

static int by_members(const void *a, const void *b)
{
    const score_class *x = a, *y = b;
    if (x->members != y->members) {
        return x->members > y->members ? -1 : 1;
    }
    return (x->score > y->score) - (x->score < y->score);
}

/* Which half a class is in, the sizes of both kept alike. */
static void share_out(score_class *classes, size_t n, double entries[2], bool *second)
{
    qsort(classes, n, sizeof *classes, by_members);
    entries[0] = entries[1] = 1.0;
    for (size_t i = 0; i < n; i++) {
        second[i] = entries[1] < entries[0];
        entries[second[i]] *= (double)(classes[i].members + 1);
    }
}

static size_t first_of_size(const half *h, size_t size)
{
    size_t low = 0, high = h->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (h->parts[mid].size < size) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Within a size, of a part: `ways` become those of it and all after it, `before`
 * those of all before it.  So small tails are sums of small numbers. */
static void accumulate(half *h)
{
    for (size_t i = 1; i < h->n; i++) {
        const part *q = &h->parts[i - 1];
        h->parts[i].before = q->size == h->parts[i].size ? q->before + q->ways : 0.0;
    }
    for (size_t i = h->n; i-- > 0;) {
        bool more = i + 1 < h->n && h->parts[i + 1].size == h->parts[i].size;
        h->parts[i].ways += more ? h->parts[i + 1].ways : 0.0;
    }
}

/* Ways in which parts of `a` and of `b` together are of the second group's size and
 * their sum is outside (low, high).  As the sum of a part of `a` grows, the parts of
 * `b` that take the two to a limit get smaller: each limit is passed over once. */
static double count_matches(const half *a, const half *b, size_t wanted, double low, double high)
{
    double reached = 0.0;
    size_t from = 0, to = 0, below = 0, above = 0; /* of b: [from, to) are of the size */
    for (size_t i = 0; i < a->n; i++) {
        const part *q = &a->parts[i];
        if (q->size > wanted) {
            break;
        }
        if (i == 0 || q->size != a->parts[i - 1].size) {
            from = first_of_size(b, wanted - q->size);
            below = above = to = first_of_size(b, wanted - q->size + 1);
        }
        while (below > from && q->sum + b->parts[below - 1].sum > low) {
            below--;
        }
        while (above > from && q->sum + b->parts[above - 1].sum >= high) {
            above--;
        }
        double whole = from < to ? b->parts[from].ways : 0.0;
        double lower = below < to ? b->parts[below].before : whole;
        reached += q->ways * (lower + (above < to ? b->parts[above].ways : 0.0));
    }
    return reached;
}

/* Two sorted halves. Two groups: the form is the square of a distance over a
 * variance. */
static double count_halves(const permutation *p, half *a, half *b, double all)
{
    double least = permutation_least(p);
    if (!(least > 0)) {
        return all;
    }
    double distance = sqrt(least * p->factor[0]);
    qsort(a->parts, a->n, sizeof *a->parts, by_size_sum);
    qsort(b->parts, b->n, sizeof *b->parts, by_size_sum);
    accumulate(b);
    return count_matches(a, b, (size_t)p->size[1], p->mean[1] - distance, p->mean[1] + distance);
}

static rsp_status split_up(const permutation *p, score_class *classes, size_t n, double all,
                           bool *counted, double *reached, rsp_error *err)
{
    bool *second = calloc(n + 1, sizeof *second);
    half halves[2] = {{0}, {0}};
    double entries[2];
    rsp_status s = second ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory for a permutation test");
    if (s == RSP_OK) {
        share_out(classes, n, entries, second);
        *counted = fmax(entries[0], entries[1]) <= MOST_ENTRIES;
    }
    for (int h = 0; h < 2 && s == RSP_OK && *counted; h++) {
        halves[h].parts = calloc((size_t)entries[h], sizeof *halves[h].parts);
        if (!halves[h].parts) {
            s = rsp_fail(err, RSP_NOMEM, "no memory for %g partial sums", entries[h]);
            break;
        }
        halves[h].parts[0] = (part){.ways = 1.0};
        halves[h].n = 1;
        for (size_t i = 0; i < n; i++) {
            if (second[i] == (h == 1)) {
                multiply(&halves[h], &classes[i]);
            }
        }
    }
    if (s == RSP_OK && *counted) {
        *reached = count_halves(p, &halves[0], &halves[1], all);
    }
    free(halves[0].parts);
    free(halves[1].parts);
    free(second);
    return s;
}

/* ---- Any groups and strata: one by one. */
typedef struct enumeration {
    const permutation *p;
    const score_class *classes;
    size_t n;
    double *left; /* [n_strata][n_groups] members still to be placed */
    double sums[PERMUTATION_GROUPS];
    double reached;
} enumeration;

static void place(enumeration *e, size_t c, size_t g, size_t members, double ways)
{
    if (c == e->n) {
        e->reached += permutation_form(e->p, e->sums) >= permutation_least(e->p) ? ways : 0.0;
        return;
    }
    const score_class *q = &e->classes[c];
    size_t k = e->p->n_groups;
    double *left = e->left + q->stratum * k + g, before = e->sums[g];
    bool last = g + 1 == k;
    /* The last group takes what the others leave. */
    for (size_t take = last ? members : 0; take <= members && (double)take <= *left; take++) {
        size_t next = c + 1 < e->n ? e->classes[c + 1].members : 0;
        *left -= (double)take;
        e->sums[g] = before + (double)take * q->score;
        place(e, last ? c + 1 : c, last ? 0 : g + 1, last ? next : members - take,
              ways * choose(members, take));
        *left += (double)take;
    }
    e->sums[g] = before;
}

static rsp_status enumerate(const permutation *p, const score_class *classes, size_t n,
                            double *reached, rsp_error *err)
{
    size_t cells = p->n_strata * p->n_groups;
    enumeration e = {.p = p, .classes = classes, .n = n, .left = calloc(cells + 1, sizeof *e.left)};
    if (!e.left) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a permutation test");
    }
    memcpy(e.left, p->size, cells * sizeof *e.left);
    place(&e, 0, 0, classes[0].members, 1.0);
    *reached = e.reached;
    free(e.left);
    return RSP_OK;
}

/* How many members are placed how: at most so many leaves. */
static double bound(const permutation *p, const score_class *classes, size_t n)
{
    double leaves = 1.0;
    for (size_t i = 0; i < n && leaves <= MOST_ARRANGEMENTS; i++) {
        leaves *= choose(classes[i].members + p->n_groups - 1, p->n_groups - 1);
    }
    return leaves;
}

static double all_arrangements(const permutation *p)
{
    double all = 1.0;
    for (size_t s = 0; s < p->n_strata; s++) {
        size_t left = p->stratum_first[s + 1] - p->stratum_first[s];
        for (size_t g = 0; g < p->n_groups; g++) {
            size_t size = (size_t)p->size[s * p->n_groups + g];
            all *= choose(left, size);
            left -= size;
        }
    }
    return all;
}

rsp_status permutation_count(const permutation *p, bool *counted, double *share,
                             double *arrangements, rsp_error *err)
{
    size_t n = 0;
    score_class *classes = list_classes(p, &n);
    double reached = 0.0, all = all_arrangements(p);
    *counted = false;
    if (!classes) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a permutation test");
    }
    rsp_status s = RSP_OK;
    if (p->n_groups == 2 && p->n_strata == 1) {
        s = isfinite(all) ? split_up(p, classes, n, all, counted, &reached, err) : RSP_OK;
    } else if (fmin(all, bound(p, classes, n)) <= MOST_ARRANGEMENTS) {
        *counted = true;
        s = enumerate(p, classes, n, &reached, err);
    }
    *share = reached / all;
    *arrangements = all;
    free(classes);
    return s;
}

/* ---- Random arrangements. */

/* Lots of one arrangement, four to a block. */
typedef struct lots {
    rsp_stream stream;
    uint32_t arrangement, blocks; /* blocks taken */
    rsp_block block;
} lots;

/* One of n with equal chances, up to a share n / 2^32 of each (32 bits times n, the
 * upper half). i: the number of the lot, counted on from 0. */
static size_t lot(lots *l, size_t i, size_t n)
{
    enum { BLOCKS = 4096 }; /* of a channel */
    if (i % 4 == 0) {
        rsp_stream stream = l->stream;
        stream.channel += l->blocks / BLOCKS;
        l->block = rsp_stream_block(&stream, l->arrangement, l->blocks % BLOCKS);
        l->blocks++;
    }
    return (size_t)((uint64_t)l->block.word[i % 4] * n >> 32);
}

static size_t largest_group(const double *size, size_t n_groups)
{
    size_t largest = 0;
    for (size_t g = 1; g < n_groups; g++) {
        largest = size[g] > size[largest] ? g : largest;
    }
    return largest;
}

/* Shuffle the rows of a stratum into its groups.  The largest takes what the others
 * leave, and needs no lots. */
static void arrange(const permutation *p, size_t s, lots *l, size_t *n_lots, double *scores,
                    double *sums)
{
    const double *size = p->size + s * p->n_groups;
    size_t at = p->stratum_first[s], end = p->stratum_first[s + 1];
    size_t last = largest_group(size, p->n_groups);
    for (size_t g = 0; g < p->n_groups; g++) {
        for (double k = g == last ? 0.0 : size[g]; k > 0; k--) {
            size_t chosen = at + lot(l, (*n_lots)++, end - at);
            double score = scores[chosen];
            scores[chosen] = scores[at];
            scores[at++] = score;
            sums[g] += score;
        }
    }
    for (; at < end; at++) {
        sums[last] += scores[at];
    }
}

rsp_status permutation_draw(const permutation *p, rsp_stream stream, uint32_t draws,
                            uint32_t *reached, rsp_error *err)
{
    double *scores = calloc(p->n + 1, sizeof *scores);
    if (!scores) {
        return rsp_fail(err, RSP_NOMEM, "no memory to permute %zu rows", p->n);
    }
    *reached = 0;
    for (uint32_t d = 0; d < draws; d++) {
        double sums[PERMUTATION_GROUPS] = {0};
        lots l = {.stream = stream, .arrangement = d};
        size_t n_lots = 0;
        /* From the same start: an arrangement is a function of its number. */
        for (size_t i = 0; i < p->n; i++) {
            scores[i] = p->rows[i].score;
        }
        for (size_t s = 0; s < p->n_strata; s++) {
            arrange(p, s, &l, &n_lots, scores, sums);
        }
        *reached += permutation_form(p, sums) >= permutation_least(p);
    }
    free(scores);
    return RSP_OK;
}
