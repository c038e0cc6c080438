/* The table of stages, and the queues that items are moved between.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "batch_private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A batch that has a ring of one file, and nothing else. */
typedef struct ring_of_one {
    fz_batch_settings settings;
    fz_batch batch;
    fz_folder folder;
    char *path;
} ring_of_one;

static void begin(ring_of_one *ring)
{
    g_autofree char *file = NULL;

    *ring = (ring_of_one){.settings = {.since_s = G_MININT64 + 1, .until_s = G_MAXINT64}};
    ring->batch.settings = &ring->settings;
    ring->path = g_dir_make_tmp("flowzone-XXXXXX", NULL);
    file = g_build_filename(ring->path, "log.pcap.1700000000", NULL);
    assert_true(g_file_set_contents(file, "x", 1, NULL));
    ring->folder.ring = fz_ring_open(ring->path, NULL, NULL);
    assert_non_null(ring->folder.ring);
    ring->folder.news = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    fz_items_begin(&ring->batch.items);
}

static void end(ring_of_one *ring)
{
    g_autofree char *file = g_build_filename(ring->path, "log.pcap.1700000000", NULL);

    fz_items_end(&ring->batch.items);
    g_hash_table_unref(ring->folder.news);
    fz_ring_free(ring->folder.ring);
    g_unlink(file);
    g_rmdir(ring->path);
    g_free(ring->path);
}

static fz_item *new_item(ring_of_one *ring)
{
    return fz_item_new(&ring->batch, &ring->folder, fz_ring_look(ring->folder.ring, "log.pcap.1700000000"));
}

static bool may_follow(int stage, int next)
{
    return fz_item_rows[stage].next & 1U << next;
}

/* The stage that comes next on a shortest way. */
static int step_towards(int from, int to)
{
    int far[FZ_ITEM_STAGES];

    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++)
        far[stage] = stage == to ? 0 : FZ_ITEM_STAGES;
    for (int round = 0; round < FZ_ITEM_STAGES; round++)
        for (int stage = 0; stage < FZ_ITEM_STAGES; stage++)
            for (int next = 0; next < FZ_ITEM_STAGES; next++)
                if (may_follow(stage, next))
                    far[stage] = MIN(far[stage], far[next] + 1);
    for (int next = 0; next < FZ_ITEM_STAGES; next++)
        if (may_follow(from, next) && far[next] < far[from])
            return next;
    fail_msg("no way from %s to %s", fz_item_rows[from].name, fz_item_rows[to].name);
    return to;
}

static void bring(ring_of_one *ring, fz_item *item, fz_item_stage stage)
{
    while (item->stage != stage)
        fz_item_move(&ring->batch, item, (fz_item_stage)step_towards((int)item->stage, (int)stage));
}

/* How often an item is in a queue, in all of them. */
static unsigned count_places(const ring_of_one *ring, const fz_item *item)
{
    unsigned places = 0;

    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++)
        for (const GList *each = ring->batch.items.in[stage].head; each; each = each->next)
            places += each->data == item;
    return places;
}

static void check_place(ring_of_one *ring, fz_item *item)
{
    assert_int_equal(count_places(ring, item), 1);
    assert_non_null(g_queue_find(&ring->batch.items.in[item->stage], item));
}

static void every_stage_has_a_name_a_way_in_and_a_way_out(void **state)
{
    unsigned reached = 1U << FZ_ITEM_NEW;

    (void)state;
    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++) {
        assert_non_null(fz_item_rows[stage].name);
        assert_true(fz_item_rows[stage].next & ~(1U << stage));
        reached |= fz_item_rows[stage].next;
    }
    assert_int_equal(reached, (1U << FZ_ITEM_STAGES) - 1);
    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++)
        for (int to = 0; to < FZ_ITEM_STAGES; to++)
            if (stage != to)
                step_towards(stage, to);
}

static void where_a_process_works_its_end_and_the_batchs_end_are_seen_to(void **state)
{
    (void)state;
    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++) {
        const fz_item_row *row = &fz_item_rows[stage];
        bool works = row->on_end;
        assert_true(!works || (row->abandon && row->kind == FZ_ITEM_AT_WORK));
        assert_true(works || !row->on_death);
        assert_true(!works || row->on_death || row->on_time);
        assert_true(row->kind == FZ_ITEM_SETTLED ? row->is_news && !row->on_time : true);
    }
}

static void every_move_of_the_table_leads_into_the_queue_of_its_stage(void **state)
{
    ring_of_one ring;

    (void)state;
    begin(&ring);
    for (int from = 0; from < FZ_ITEM_STAGES; from++)
        for (int to = 0; to < FZ_ITEM_STAGES; to++) {
            if (!may_follow(from, to))
                continue;
            fz_item *item = new_item(&ring);
            bring(&ring, item, (fz_item_stage)from);
            check_place(&ring, item);
            fz_item_move(&ring.batch, item, (fz_item_stage)to);
            assert_int_equal(item->stage, to);
            check_place(&ring, item);
            assert_int_equal(fz_item_count(&ring.batch, (fz_item_stage)to), 1);
            fz_item_free(&ring.batch, item);
        }
    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++)
        assert_int_equal(fz_item_count(&ring.batch, (fz_item_stage)stage), 0);
    end(&ring);
}

/* Whether a move ends the program. */
static bool move_aborts(ring_of_one *ring, int from, int to)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        fz_item item = {.stage = (fz_item_stage)from}; /* children have no memory of keep.h */
        item.link.data = &item;
        g_queue_push_tail_link(&ring->batch.items.in[from], &item.link);
        setrlimit(RLIMIT_CORE, &none);
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        fz_item_move(&ring->batch, &item, (fz_item_stage)to);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void other_moves_end_the_program(void **state)
{
    static const struct {
        fz_item_stage from, to;
    } moves[] = {{FZ_ITEM_NEW, FZ_ITEM_COUNTING},  {FZ_ITEM_TO_PROBE, FZ_ITEM_TO_COUNT},
                 {FZ_ITEM_PROBING, FZ_ITEM_NEW},   {FZ_ITEM_TO_COUNT, FZ_ITEM_LOADING},
                 {FZ_ITEM_TO_LOAD, FZ_ITEM_DONE},  {FZ_ITEM_DONE, FZ_ITEM_LOADING},
                 {FZ_ITEM_SETTLING, FZ_ITEM_DONE}, {FZ_ITEM_DONE, FZ_ITEM_DONE}};
    ring_of_one ring;

    (void)state;
    begin(&ring);
    for (size_t i = 0; i < G_N_ELEMENTS(moves); i++)
        assert_true(move_aborts(&ring, (int)moves[i].from, (int)moves[i].to));
    assert_false(move_aborts(&ring, FZ_ITEM_NEW, FZ_ITEM_TO_PROBE));
    end(&ring);
}

/* The moves that may come next, picked by chance. */
static void move_somewhere(ring_of_one *ring, fz_item *item, GRand *random)
{
    int to;

    do
        to = g_rand_int_range(random, 0, FZ_ITEM_STAGES);
    while (!may_follow((int)item->stage, to));
    if (fz_item_rows[to].on_time && g_rand_boolean(random))
        fz_item_move_until(&ring->batch, item, (fz_item_stage)to, g_rand_int_range(random, 1, G_MAXINT32));
    else if (g_rand_boolean(random))
        fz_item_move_first(&ring->batch, item, (fz_item_stage)to);
    else
        fz_item_move(&ring->batch, item, (fz_item_stage)to);
}

static void items_stay_in_one_queue_whatever_comes_next(void **state)
{
    enum { ITEMS = 40, MOVES = 20000 };
    fz_item *items[ITEMS];
    guint32 seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    ring_of_one ring;

    (void)state;
    print_message("seed %u\n", seed);
    begin(&ring);
    for (int i = 0; i < ITEMS; i++)
        items[i] = new_item(&ring);
    for (int i = 0; i < MOVES; i++) {
        fz_item *item = items[g_rand_int_range(random, 0, ITEMS)];
        unsigned timed = 0;
        move_somewhere(&ring, item, random);
        check_place(&ring, item);
        for (int k = 0; k < ITEMS; k++)
            timed += items[k]->due_us != 0;
        assert_int_equal(g_sequence_get_length(ring.batch.items.timers), timed);
        for (int k = 0; k < ITEMS; k++)
            assert_true(!items[k]->due_us || fz_item_first_due(&ring.batch)->due_us <= items[k]->due_us);
    }
    assert_int_equal(fz_item_count_kind(&ring.batch, FZ_ITEM_OPEN) + fz_item_count_kind(&ring.batch, FZ_ITEM_AT_WORK) +
                         fz_item_count_kind(&ring.batch, FZ_ITEM_SETTLED),
                     ITEMS);
    for (int i = 0; i < ITEMS; i++)
        fz_item_free(&ring.batch, items[i]);
    assert_null(fz_item_first_due(&ring.batch));
    end(&ring);
}

static void what_returns_is_the_first_again(void **state)
{
    ring_of_one ring;

    (void)state;
    begin(&ring);
    fz_item *one = new_item(&ring), *two = new_item(&ring);
    bring(&ring, one, FZ_ITEM_TO_ASK);
    bring(&ring, two, FZ_ITEM_TO_ASK);
    assert_ptr_equal(fz_item_first(&ring.batch, FZ_ITEM_TO_ASK), one);
    assert_ptr_equal(fz_item_last(&ring.batch, FZ_ITEM_TO_ASK), two);
    fz_item_move(&ring.batch, one, FZ_ITEM_ASKING);
    fz_item_die(&ring.batch, one, "of a test");
    assert_ptr_equal(fz_item_first(&ring.batch, FZ_ITEM_TO_ASK), one);
    fz_item_free(&ring.batch, one);
    fz_item_free(&ring.batch, two);
    assert_null(fz_item_first(&ring.batch, FZ_ITEM_TO_ASK));
    end(&ring);
}

static void a_rest_ends_at_its_time(void **state)
{
    ring_of_one ring;

    (void)state;
    begin(&ring);
    fz_item *soon = new_item(&ring), *late = new_item(&ring);
    bring(&ring, soon, FZ_ITEM_TO_COUNT);
    bring(&ring, late, FZ_ITEM_TO_COUNT);
    fz_item_move_until(&ring.batch, late, FZ_ITEM_RESTING, fz_batch_now() + 3600 * FZ_SECOND_US);
    fz_item_move_until(&ring.batch, soon, FZ_ITEM_RESTING, fz_batch_now());
    fz_item_wake(&ring.batch);
    assert_int_equal(soon->stage, FZ_ITEM_TO_PROBE);
    assert_int_equal(late->stage, FZ_ITEM_RESTING);
    assert_ptr_equal(fz_item_first_due(&ring.batch), late);
    fz_item_free(&ring.batch, late);
    fz_item_free(&ring.batch, soon);
    end(&ring);
}

static void what_was_written_while_it_was_read_settles_in_a_ring_that_is_followed(void **state)
{
    ring_of_one ring;

    (void)state;
    for (int follow = 0; follow <= 1; follow++) {
        begin(&ring);
        ring.settings.follow = follow;
        fz_item *item = new_item(&ring);
        bring(&ring, item, FZ_ITEM_LOADING);
        item->unsure = true;
        item->deaths = 2;
        fz_item_move(&ring.batch, item, FZ_ITEM_DONE);
        assert_int_equal(item->stage, follow ? FZ_ITEM_SETTLING : FZ_ITEM_DONE);
        check_place(&ring, item);
        assert_true(!follow == !item->due_us);
        fz_item_move(&ring.batch, item, FZ_ITEM_NEW);
        assert_false(item->unsure);
        assert_int_equal(item->deaths, 0);
        fz_item_free(&ring.batch, item);
        end(&ring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_has_a_name_a_way_in_and_a_way_out),
        cmocka_unit_test(where_a_process_works_its_end_and_the_batchs_end_are_seen_to),
        cmocka_unit_test(every_move_of_the_table_leads_into_the_queue_of_its_stage),
        cmocka_unit_test(other_moves_end_the_program),
        cmocka_unit_test(items_stay_in_one_queue_whatever_comes_next),
        cmocka_unit_test(what_returns_is_the_first_again),
        cmocka_unit_test(a_rest_ends_at_its_time),
        cmocka_unit_test(what_was_written_while_it_was_read_settles_in_a_ring_that_is_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
