using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Egress;
using Switchyard.Egress.Exchange;
using Switchyard.Providers.Http;
using Switchyard.Recorded;

namespace Switchyard.Recording;

/// <summary>The recording settings of one configuration. A section of the snapshot, absent if nothing is recorded. Immutable.</summary>
internal sealed class RecordingPlan : IExchangeRecorder
{
    public static readonly SectionKey<RecordingPlan> Section = new();

    private readonly Dictionary<string, string> _names;
    private readonly HashSet<string> _aliases;
    private readonly Dictionary<string, string> _types;
    private readonly Recorder _recorder;

    private RecordingPlan(RecordingOptions recording, SwitchyardOptions options, Recorder recorder)
    {
        Folder = Path.GetFullPath(recording.Folder!);
        ByRequest = recording.ByRequest;
        KeepsBodies = recording.RequestBodies;
        MaxBytes = recording.MaxBytes;
        MaxFolderBytes = recording.MaxFolderBytes;
        MaxFiles = recording.MaxFiles;
        _recorder = recorder;
        _names = options.Models.Where(model => model.Value.Record)
            .ToDictionary(model => model.Key, model => CassetteNames.Of(model.Key), StringComparer.Ordinal);
        _aliases = options.Models.Keys.ToHashSet(StringComparer.Ordinal);
        _types = options.Providers.Where(provider => provider.Value?.Type is not null)
            .ToDictionary(provider => provider.Key, provider => provider.Value.Type!, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The folder of all recordings.</summary>
    public string Folder { get; }

    /// <summary>Whether a request may ask to be recorded.</summary>
    public bool ByRequest { get; }

    /// <summary>Whether the bodies of requests are kept.</summary>
    public bool KeepsBodies { get; }

    /// <summary>The maximum size of one recording, in bytes.</summary>
    public long MaxBytes { get; }

    /// <summary>The maximum size of all recordings, in bytes.</summary>
    public long MaxFolderBytes { get; }

    /// <summary>The maximum number of recordings.</summary>
    public int MaxFiles { get; }

    /// <summary>The plan of a configuration; null if nothing is recorded.</summary>
    public static RecordingPlan? From(SwitchyardOptions options, Recorder recorder) =>
        options.Recording is { } recording && (recording.ByRequest || options.Models.Values.Any(model => model.Record))
            ? new(recording, options, recorder)
            : null;

    /// <summary>The name under which the calls of an alias are recorded; null if they are not.</summary>
    public string? NameOf(string alias) => _names.GetValueOrDefault(alias);

    /// <summary>The alias of a call's route; null if the call named a model.</summary>
    public string? AliasOf(ModelCall call) => call.Route is { } route && _aliases.Contains(route.Alias) ? route.Alias : null;

    /// <summary>The entry of a provider in the catalogue, or its own name.</summary>
    public string TypeOf(string provider) => _types.GetValueOrDefault(provider, provider);

    /// <inheritdoc/>
    public async ValueTask<ITape?> BeginAsync(UpstreamExchange exchange, HttpEndpoint endpoint, HttpRequestMessage request)
    {
        // Only calls that have passed the step have a name; copies for a shadow are not recorded.
        if (exchange.Call.Get(CallMarks.Record) is not { } name || exchange.Call.ShadowOf is not null)
            return null;
        try
        {
            if (await BodyOf(request).ConfigureAwait(false) is not (var body, true))
            {
                _recorder.Note(RecordingOutcome.TooLarge);
                return null;
            }

            return new Tape(_recorder, this, name, exchange, RecordedParts.RequestOf(exchange, endpoint, request, body));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _recorder.Note(RecordingOutcome.Failed);
            return null;
        }
    }

    /// <summary>A copy of the body, null if it is not kept; and whether it is within the bound.</summary>
    private async ValueTask<(ReadOnlyMemory<byte>? Body, bool Fits)> BodyOf(HttpRequestMessage request)
    {
        // An upload is streamed from its client and cannot be read twice.
        if (!KeepsBodies || request.Content is not RequestContent content)
            return (null, true);
        if (content.Headers.ContentLength > MaxBytes)
            return (null, false);
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy).ConfigureAwait(false);
        return (copy.ToArray(), true);
    }
}
