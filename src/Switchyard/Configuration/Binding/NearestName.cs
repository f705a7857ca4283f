using Switchyard.Common;

namespace Switchyard.Configuration.Binding;

/// <summary>The suggestion at the end of a message about an unknown name.</summary>
internal static class NearestName
{
    /// <summary>The candidate that differs least from the name; null if none is close.</summary>
    public static string? Find(string name, IEnumerable<string> candidates) =>
        NearNames.Find(name, candidates, most: 1) is [var nearest] ? nearest : null;

    /// <summary><c>; did you mean 'x'?</c>, or nothing.</summary>
    public static string Suggestion(string name, IEnumerable<string> candidates) =>
        Find(name, candidates) is { } nearest ? $"; did you mean '{nearest}'?" : "";
}
