namespace Switchyard.Stored;

/// <summary>Reads what is to be charged of an answer, beside the client that gets its bytes. Not thread-safe.</summary>
internal interface IDownloadOutput : IDisposable
{
    /// <summary>Whether all that is to be charged is known before the end, so that the rest need not be read.</summary>
    bool IsKnown { get; }

    /// <summary>Reads the next bytes. Never throws because of their content.</summary>
    void Read(ReadOnlyMemory<byte> bytes);

    /// <summary>Whether the rest is read without the client. Called at most once, when the client has left.</summary>
    bool MayReadOn();
}
