namespace Switchyard.Configuration.Binding;

/// <summary>Keys that are planned but not implemented: the message states this, rather than calling them unknown.</summary>
internal static class UnavailableKeys
{
    private static readonly Dictionary<Type, string[]> Designed = new()
    {
        [typeof(TelemetryOptions)] = ["content"],
    };

    /// <summary>Whether a key that the current shape does not have is planned for a later version.</summary>
    public static bool Contains(OptionShape shape, string name) =>
        Designed.TryGetValue(shape.Type, out var keys) && keys.Contains(name, StringComparer.OrdinalIgnoreCase);
}
