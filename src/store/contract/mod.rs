//! One suite of laws for every store. A store joins with `contract!(TheGround)`.

pub(super) mod fixtures;
pub(super) mod laws_advanta;
pub(super) mod laws_connect;
pub(super) mod laws_looks;
pub(super) mod laws_members;
pub mod laws_quota;
pub(super) mod laws_rows;
pub(super) mod laws_sync;
pub(super) mod laws_upkeep;
pub(super) mod laws_writes;
pub(super) mod random;

use crate::ports::Store;
use crate::store::{Limits, RestoreError};

/// Where a kind of store can be opened for a test.
pub(super) trait Ground: Sized {
    /// The store.
    type Opened: Store;
    /// An empty place.
    fn new() -> Self;
    /// Opens what the place holds; nothing else has it open.
    async fn open(&self, limits: Limits) -> Self::Opened;
    /// Makes a store in the place, which is empty, from a backup, and opens it.
    async fn restore(&self, backup: &[u8], limits: Limits) -> Result<Self::Opened, RestoreError>;
}

/// A named law becomes a test of this store.
macro_rules! laws {
    ($ground:ty, $module:ident: $($law:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $law() {
                let ground = <$ground as $crate::store::contract::Ground>::new();
                let store = $crate::store::contract::Ground::open(&ground, Default::default()).await;
                $crate::store::contract::$module::$law(&store).await;
            }
        )+
    };
}

/// All laws as tests of one store.
macro_rules! contract {
    ($ground:ty) => {
        mod contract_of_store {
            use super::*;

            $crate::store::contract::laws!($ground, laws_writes:
                an_expectation_that_fails_undoes_nothing_because_nothing_was_done,
                every_expectation_tells_true_from_false,
                a_login_belongs_to_one_user,
                a_login_is_found_and_taken_whatever_its_case_and_the_blanks_around_it,
                an_app_password_is_found_by_its_digest_alone,
                only_a_live_old_hash_is_replaced_by_a_digest,
                a_uid_belongs_to_one_member_of_a_collection,
                an_object_has_one_member_in_a_collection,
                a_link_is_unique_both_ways,
                a_failed_write_leaves_no_trace_of_the_earlier_ones,
                the_sink_hears_commits_in_order_before_the_committer,
                a_commit_after_close_is_refused,
            );
            $crate::store::contract::laws!($ground, laws_members:
                a_new_member_is_born_solid,
                content_moves_and_remembers_the_old_base,
                history_is_bounded,
                a_restore_moves_without_becoming_new,
                a_settle_moves_only_the_revision,
                a_quiet_write_moves_nothing_but_is_told,
                a_removed_member_leaves_a_tombstone_until_it_returns,
                a_member_is_replaced_for_another_object_only_after_its_removal,
                properties_draw_no_change,
                a_settle_timer_names_the_revision_of_this_commit,
                a_member_is_found_by_every_key,
            );
            $crate::store::contract::laws!($ground, laws_rows:
                the_journal_pages_backwards_and_filters,
                a_journal_row_counts_up_and_settles,
                timers_come_soonest_first,
                commands_are_first_in_first_out_per_object,
                a_dead_command_blocks_its_object_only,
                app_passwords_come_oldest_first,
                objects_come_in_pages,
                every_record_comes_back_as_it_was,
            );

            $crate::store::contract::laws!($ground, laws_advanta:
                notices_wait_in_order_of_arrival_and_are_counted,
                a_hook_is_new_once,
                a_removal_is_remembered_until_the_object_is_back,
                a_text_that_was_put_aside_is_there_until_it_is_back_or_its_object_is_gone,
                a_user_is_found_by_identity_in_advanta_and_by_email,
                a_user_is_written_over_only_at_the_revision_that_was_read,
                feeds_come_oldest_first_and_by_digest,
                commands_are_counted_and_come_in_pages,
                the_cursor_and_the_hold_are_kept_until_they_are_lifted,
            );

            $crate::store::contract::laws!($ground, laws_sync:
                links_without_an_event_are_found_by_their_object_only,
                links_come_in_order_of_objects_and_are_counted,
                a_round_is_written_for_the_subscription_that_it_read,
                a_person_has_one_subscription,
                a_calendar_belongs_to_one_live_subscription,
                subscriptions_come_in_pages,
                every_subscription_and_link_comes_back_as_it_was,
            );
            $crate::store::contract::laws!($ground, laws_quota:
                own_texts_count_and_what_came_from_elsewhere_does_not,
                a_commit_beyond_the_quota_is_refused_whole,
                a_kept_text_counts_until_it_goes,
            );

            #[tokio::test]
            async fn each_person_has_a_journal_of_their_own_length() {
                let ground = <$ground as $crate::store::contract::Ground>::new();
                let limits = $crate::store::Limits {
                    journal_rows_per_person_max: 3,
                    journal_days_max: 10,
                    ..$crate::store::Limits::default()
                };
                let store = $crate::store::contract::Ground::open(&ground, limits).await;
                $crate::store::contract::laws_quota::each_person_has_a_journal_of_their_own_length(&store).await;
            }

            #[tokio::test]
            async fn rows_that_do_not_count_hide_none_that_do() {
                let ground = <$ground as $crate::store::contract::Ground>::new();
                let limits = $crate::store::Limits {
                    journal_rows_per_person_max: 3,
                    ..$crate::store::Limits::default()
                };
                let store = $crate::store::contract::Ground::open(&ground, limits).await;
                $crate::store::contract::laws_quota::rows_that_do_not_count_hide_none_that_do(&store).await;
            }

            #[tokio::test]
            async fn rows_of_the_journal_go_by_age() {
                let ground = <$ground as $crate::store::contract::Ground>::new();
                let limits = $crate::store::Limits {
                    journal_rows_per_person_max: 100,
                    journal_days_max: 10,
                    ..$crate::store::Limits::default()
                };
                let store = $crate::store::contract::Ground::open(&ground, limits).await;
                $crate::store::contract::laws_quota::rows_of_the_journal_go_by_age(&store).await;
            }

            $crate::store::contract::laws!($ground, laws_connect:
                a_channel_is_found_by_itself_and_by_its_subscription,
                a_person_is_connecting_once,
                the_settings_of_google_are_those_that_were_written_last,
            );
            $crate::store::contract::laws!($ground, laws_looks:
                who_sees_an_object_or_saw_it_has_to_look_at_it,
                what_becomes_of_a_command_is_looked_at_by_its_author,
                only_live_subscriptions_are_left_looks,
                a_subscription_that_begins_in_a_commit_hears_of_its_later_writes,
                a_look_that_was_left_again_stays,
                looks_come_in_order_and_name_who_waits,
                a_subscription_that_is_over_has_nothing_to_look_at,
            );

            #[tokio::test]
            async fn only_the_youngest_removals_are_remembered() {
                let ground = <$ground as $crate::store::contract::Ground>::new();
                let limits = $crate::store::Limits {
                    tombstones_max: 2,
                    journal_rows_per_person_max: 3,
                    journal_days_max: 10,
                    removed_objects_max: 2,
                    hooks_taken_max: 2,
                };
                let store = $crate::store::contract::Ground::open(&ground, limits).await;
                $crate::store::contract::laws_advanta::only_the_youngest_removals_are_remembered(&store).await;
            }

            #[tokio::test]
            async fn only_the_youngest_hooks_are_remembered() {
                let ground = <$ground as $crate::store::contract::Ground>::new();
                let limits = $crate::store::Limits {
                    hooks_taken_max: 2,
                    ..Default::default()
                };
                let store = $crate::store::contract::Ground::open(&ground, limits).await;
                $crate::store::contract::laws_advanta::only_the_youngest_hooks_are_remembered(&store).await;
            }

            $crate::store::contract::laws!($ground, laws_upkeep:
                the_hold_and_the_cursor_are_kept,
                a_sound_store_has_no_findings,
            );

            #[tokio::test]
            async fn a_restored_store_answers_like_the_old_one_but_lives_anew() {
                $crate::store::contract::laws_upkeep::a_restored_store_answers_like_the_old_one_but_lives_anew::<$ground>().await;
            }

            #[tokio::test]
            async fn a_restored_subscription_compares_everything() {
                $crate::store::contract::laws_upkeep::a_restored_subscription_compares_everything::<$ground>().await;
            }

            #[tokio::test]
            async fn an_empty_store_can_be_restored() {
                $crate::store::contract::laws_upkeep::an_empty_store_can_be_restored::<$ground>().await;
            }

            #[tokio::test]
            async fn no_damaged_backup_is_restored() {
                $crate::store::contract::laws_upkeep::no_damaged_backup_is_restored::<$ground>().await;
            }

            #[tokio::test]
            async fn old_rows_of_the_journal_are_forgotten_unless_they_wait() {
                let ground = <$ground as $crate::store::contract::Ground>::new();
                let limits = $crate::store::Limits {
                    tombstones_max: 2,
                    journal_rows_per_person_max: 3,
                    journal_days_max: 10,
                    removed_objects_max: 2,
                    hooks_taken_max: 2,
                };
                let store = $crate::store::contract::Ground::open(&ground, limits).await;
                $crate::store::contract::laws_rows::old_rows_of_the_journal_are_forgotten_unless_they_wait(&store).await;
            }

            #[tokio::test]
            async fn old_tombstones_are_forgotten_and_the_floor_rises() {
                let ground = <$ground as $crate::store::contract::Ground>::new();
                let limits = $crate::store::Limits {
                    tombstones_max: 2,
                    journal_rows_per_person_max: 3,
                    journal_days_max: 10,
                    removed_objects_max: 2,
                    hooks_taken_max: 2,
                };
                let store = $crate::store::contract::Ground::open(&ground, limits).await;
                $crate::store::contract::laws_members::old_tombstones_are_forgotten_and_the_floor_rises(&store).await;
            }
        }
    };
}

pub(super) use {contract, laws};
