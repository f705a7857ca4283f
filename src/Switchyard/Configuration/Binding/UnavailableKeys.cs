namespace Switchyard.Configuration.Binding;

/// <summary>Keys that are planned but not implemented: the message says so, rather than calling them unknown.</summary>
internal static class UnavailableKeys
{
    private static readonly Dictionary<Type, string[]> Designed = new()
    {
        [typeof(TelemetryOptions)] = ["content"],
    };

    /// <summary>Whether a key that the shape at hand does not have is planned for a later version.</summary>
    public static bool Contains(OptionShape shape, string name) =>
        Designed.TryGetValue(shape.Type, out var keys) && keys.Contains(name, StringComparer.OrdinalIgnoreCase);
}
