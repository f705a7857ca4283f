namespace Switchyard.Configuration.Runtime;

/// <summary>The run-time settings, and their history. Immutable.</summary>
/// <param name="Version">The newest version; 0 if there is none.</param>
/// <param name="Document">The content of the newest version.</param>
/// <param name="History">The last versions, oldest first, the newest included.</param>
internal sealed record RuntimeState(long Version, RuntimeDocument Document, IReadOnlyList<RuntimeState.Entry> History)
{
    public static RuntimeState Nothing { get; } = new(0, RuntimeDocument.Empty, []);

    /// <summary>One version with its content.</summary>
    public sealed record Entry(ConfigurationVersion Version, RuntimeDocument Document);

    /// <summary>Adds a version.</summary>
    public RuntimeState With(StoredConfiguration stored, RuntimeDocument document)
    {
        var version = new ConfigurationVersion
        {
            Version = stored.Version,
            At = stored.At,
            Who = stored.Who,
            Action = stored.Action,
            Changes = document.Changes,
        };
        var kept = History.Count < RuntimeConfiguration.HistoryLength ? History : History.Skip(1);
        return new(stored.Version, document, [.. kept, new Entry(version, document)]);
    }

    /// <summary>The content of a version; null if the history does not reach back to it. Before the first nothing was set.</summary>
    public RuntimeDocument? Find(long version) => version == 0 ? RuntimeDocument.Empty
        : History.FirstOrDefault(entry => entry.Version.Version == version)?.Document;

    /// <summary>The settings in the form that is put in force.</summary>
    public RuntimeInForce InForce => new(Version, Document.Layer, Document.Canary);
}
