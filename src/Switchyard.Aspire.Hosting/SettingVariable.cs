namespace Switchyard.Aspire.Hosting;

/// <summary>The environment variable of a setting.</summary>
internal static class SettingVariable
{
    /// <summary>
    /// A key's parts are separated by dots, or, if a name holds a dot, by colons, as in <c>--set</c>: <c>providers:my.server:key</c>.
    /// </summary>
    public static string Of(string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        var separator = key.Contains(':', StringComparison.Ordinal) ? ':' : '.';
        return Of(key.Split(separator));
    }

    /// <summary>The variable of the parts of a key, which may hold dots and colons.</summary>
    public static string Of(params ReadOnlySpan<string> parts) => $"SWITCHYARD__{string.Join("__", parts)}";
}
