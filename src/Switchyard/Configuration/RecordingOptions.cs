using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Recordings of requests to providers and their answers, to be replayed in tests.</summary>
public sealed class RecordingOptions
{
    /// <summary>The folder of the recordings; it is created if missing. Required.</summary>
    [ConfigurationKeyName("folder")]
    public string? Folder { get; set; }

    /// <summary>
    /// Whether a request may ask to be recorded (<c>x-switchyard-record: NAME</c>). In addition, the calls of aliases with
    /// <c>record: true</c> are recorded.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("by_request")]
    public bool ByRequest { get; set; }

    /// <summary>Whether the bodies of requests are kept. Without them a recording answers every request to its path and model.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("request_bodies")]
    public bool RequestBodies { get; set; } = true;

    /// <summary>The most bytes of request and answer together, from 1KB to 64MB; longer calls are not recorded.</summary>
    /// <value>The default is 4 MiB.</value>
    [ConfigurationKeyName("max_bytes"), ByteSize]
    public long MaxBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>The most bytes that all recordings in the folder take; beyond them nothing is recorded.</summary>
    /// <value>The default is 256 MiB.</value>
    [ConfigurationKeyName("max_folder_bytes"), ByteSize]
    public long MaxFolderBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>The most recordings in the folder, from 1 to 100,000.</summary>
    /// <value>The default is 10,000.</value>
    [ConfigurationKeyName("max_files")]
    public int MaxFiles { get; set; } = 10_000;
}
