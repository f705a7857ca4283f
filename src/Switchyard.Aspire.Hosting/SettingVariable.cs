namespace Switchyard.Aspire.Hosting;

/// <summary>The environment variable of a setting.</summary>
internal static class SettingVariable
{
    /// <summary>
    /// Its parts are separated by dots, or by colons where a name holds a dot, as in <c>--set</c>: <c>providers:my.server:key</c>.
    /// </summary>
    public static string Of(string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        var separator = key.Contains(':', StringComparison.Ordinal) ? ':' : '.';
        return Of(key.Split(separator));
    }

    /// <summary>Of the parts of a key, whatever they hold.</summary>
    public static string Of(params ReadOnlySpan<string> parts) => $"SWITCHYARD__{string.Join("__", parts)}";
}
