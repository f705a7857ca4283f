namespace Switchyard.Configuration.Reload;

/// <summary>Refuses reloads that are never allowed: a mistake in a file must not open a gateway that was closed.</summary>
internal static class ReloadGuard
{
    /// <summary>The reason to keep the old configuration; null if the new one may be applied.</summary>
    public static string? Refuse(SwitchyardOptions before, SwitchyardOptions after) =>
        before.AsksForKeys && !after.AsksForKeys
            ? "the new configuration has neither keys nor server.keys, and a reload never opens a gateway that asks for a key; "
                + "restart it to do that"
            : IsSame(before.Storage, after.Storage)
                ? null
                : "the new configuration changes 'storage', which is opened once; restart to use it";

    private static bool IsSame(StorageOptions before, StorageOptions after) =>
        (before.Ledger, before.Journal, before.Redis, before.Durability) == (after.Ledger, after.Journal, after.Redis, after.Durability);
}
