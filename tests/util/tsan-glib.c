/* SPDX-License-Identifier: MIT
 *
 * tsan-glib.c: tells ThreadSanitizer about GLib's and GStreamer's own synchronisation, which it cannot see: GMutex and
 * GCond are futexes since GLib 2.32, and atomic operations inside libraries that were not built for it go unnoticed.
 * Preloaded into test programs by tests/tsan.sh. Each function is the library's own with a word to the runtime before
 * or after; reference counts release what a thread wrote to an object and acquire what others wrote before it is freed.
 *
 * GRecMutex and GRWLock are pthread locks inside, which ThreadSanitizer intercepts wherever they are called from.
 */
#include <dlfcn.h>
#include <gst/gst.h>
#include <sanitizer/tsan_interface.h>

/* The library's own function of this name, looked up once. */
#define OWN(name)                                                                                                      \
  ({                                                                                                                   \
    static __typeof__ (&(name)) own;                                                                                   \
    __typeof__ (&(name)) found = __atomic_load_n (&own, __ATOMIC_RELAXED);                                             \
    if (!found) {                                                                                                      \
      found = (__typeof__ (&(name)))dlsym (RTLD_NEXT, #name);                                                          \
      __atomic_store_n (&own, found, __ATOMIC_RELAXED);                                                                \
    }                                                                                                                  \
    found;                                                                                                             \
  })
#define EXPORT __attribute__ ((visibility ("default")))

#undef g_mutex_lock
#undef g_mutex_trylock
#undef g_mutex_unlock
#undef g_atomic_ref_count_dec
#undef g_atomic_ref_count_compare
#undef g_once_init_enter
#undef g_once_init_leave

/* ---- Locks ------------------------------------------------------------------------------------------------ */

EXPORT void
g_mutex_lock (GMutex *mutex)
{
  __tsan_mutex_pre_lock (mutex, 0);
  OWN (g_mutex_lock) (mutex);
  __tsan_mutex_post_lock (mutex, 0, 0);
}

EXPORT gboolean
g_mutex_trylock (GMutex *mutex)
{
  __tsan_mutex_pre_lock (mutex, __tsan_mutex_try_lock);
  gboolean locked = OWN (g_mutex_trylock) (mutex);
  __tsan_mutex_post_lock (mutex, __tsan_mutex_try_lock | (locked ? 0 : __tsan_mutex_try_lock_failed), 0);
  return locked;
}

EXPORT void
g_mutex_unlock (GMutex *mutex)
{
  __tsan_mutex_pre_unlock (mutex, 0);
  OWN (g_mutex_unlock) (mutex);
  __tsan_mutex_post_unlock (mutex, 0);
}

EXPORT void
g_mutex_clear (GMutex *mutex)
{
  __tsan_mutex_destroy (mutex, 0);
  OWN (g_mutex_clear) (mutex);
}

/* Made once, under a lock inside GLib. */
EXPORT const gchar *
g_get_user_cache_dir (void)
{
  static GMutex lock;
  g_mutex_lock (&lock);
  const gchar *folder = OWN (g_get_user_cache_dir) ();
  g_mutex_unlock (&lock);
  return folder;
}

/* Names and their numbers, under another. */
static GMutex quark_lock;

#define QUARK_FUNCTION(name)                                                                                           \
  EXPORT GQuark name (const gchar *string)                                                                             \
  {                                                                                                                    \
    g_mutex_lock (&quark_lock);                                                                                        \
    GQuark quark = OWN (name) (string);                                                                                \
    g_mutex_unlock (&quark_lock);                                                                                      \
    return quark;                                                                                                      \
  }
QUARK_FUNCTION (g_quark_from_string)
QUARK_FUNCTION (g_quark_from_static_string)
QUARK_FUNCTION (g_quark_try_string)

/* The lock is given up and taken again inside. */
EXPORT void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  __tsan_mutex_pre_unlock (mutex, 0);
  __tsan_mutex_post_unlock (mutex, 0);
  OWN (g_cond_wait) (cond, mutex);
  __tsan_mutex_pre_lock (mutex, 0);
  __tsan_mutex_post_lock (mutex, 0, 0);
}

EXPORT gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  __tsan_mutex_pre_unlock (mutex, 0);
  __tsan_mutex_post_unlock (mutex, 0);
  gboolean woken = OWN (g_cond_wait_until) (cond, mutex, end_time);
  __tsan_mutex_pre_lock (mutex, 0);
  __tsan_mutex_post_lock (mutex, 0, 0);
  return woken;
}

EXPORT void
g_bit_lock (volatile gint *address, gint bit)
{
  OWN (g_bit_lock) (address, bit);
  __tsan_acquire ((void *)address);
}

EXPORT void
g_bit_unlock (volatile gint *address, gint bit)
{
  __tsan_release ((void *)address);
  OWN (g_bit_unlock) (address, bit);
}

/* ---- Things done once ------------------------------------------------------------------------------------- */

EXPORT gboolean
g_once_init_enter (volatile void *location)
{
  gboolean first = OWN (g_once_init_enter) (location);
  __tsan_acquire ((void *)location);
  return first;
}

EXPORT void
g_once_init_leave (volatile void *location, gsize result)
{
  __tsan_release ((void *)location);
  OWN (g_once_init_leave) (location, result);
}

/* ---- Handing over ----------------------------------------------------------------------------------------- */

/* GLib's calls of its own locks cannot be intercepted: what a pool's thread is given is told about here. */
typedef struct
{
  GFunc function;
  gpointer user_data;
} PoolTask;

static void
run_task (gpointer data, gpointer user_data)
{
  PoolTask *task = user_data;
  __tsan_acquire (data);
  task->function (data, task->user_data);
}

/* The task lives as long as the process, as GStreamer's pools do, but for few. */
EXPORT GThreadPool *
g_thread_pool_new (GFunc function, gpointer user_data, gint max_threads, gboolean exclusive, GError **error)
{
  PoolTask *task = g_new (PoolTask, 1);
  *task = (PoolTask){ function, user_data };
  return OWN (g_thread_pool_new) (run_task, task, max_threads, exclusive, error);
}

EXPORT gboolean
g_thread_pool_push (GThreadPool *pool, gpointer data, GError **error)
{
  __tsan_release (data);
  return OWN (g_thread_pool_push) (pool, data, error);
}

/* ---- References ------------------------------------------------------------------------------------------- */

EXPORT gboolean
g_atomic_ref_count_dec (gatomicrefcount *count)
{
  __tsan_release (count);
  gboolean last = OWN (g_atomic_ref_count_dec) (count);
  if (last)
    __tsan_acquire (count);
  return last;
}

EXPORT gboolean
g_atomic_ref_count_compare (gatomicrefcount *count, gint value)
{
  gboolean same = OWN (g_atomic_ref_count_compare) (count, value);
  if (same)
    __tsan_acquire (count);
  return same;
}

/* These are known to be freed in here: whatever others wrote before they let go is acquired before. */
EXPORT void
g_array_unref (GArray *array)
{
  __tsan_release (array);
  __tsan_acquire (array);
  OWN (g_array_unref) (array);
}

EXPORT void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify clear)
{
  __tsan_release (box);
  __tsan_acquire (box);
  OWN (g_atomic_rc_box_release_full) (box, clear);
}

EXPORT void
g_object_unref (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  OWN (g_object_unref) (object);
}

EXPORT void
gst_object_unref (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  OWN (gst_object_unref) (object);
}

EXPORT void
gst_mini_object_unref (GstMiniObject *object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  OWN (gst_mini_object_unref) (object);
}

/* A bin keeps a reference of its own while it posts, and gives it up inside the library, where it cannot be
 * intercepted: one more is kept here, so that this thread's last one is given up in sight. */
EXPORT gboolean
gst_element_post_message (GstElement *element, GstMessage *message)
{
  gst_message_ref (message);
  gboolean posted = OWN (gst_element_post_message) (element, message);
  gst_message_unref (message);
  return posted;
}

EXPORT gboolean
gst_mini_object_is_writable (const GstMiniObject *object)
{
  __tsan_acquire ((void *)object);
  return OWN (gst_mini_object_is_writable) (object);
}
