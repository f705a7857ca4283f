namespace Switchyard.Recorded;

/// <summary>
/// Recordings by request. The answers to one request are returned in the order of the files' names, then the last one again, or, if
/// strict, none. Thread-safe.
/// </summary>
internal sealed class CassetteSet
{
    // Enough to find the intended recording; the time to compare grows with the number.
    private const int MostCompared = 1000;

    private readonly IReadOnlySet<string> _ignored;
    private readonly bool _isStrict;
    private readonly Dictionary<string, Recordings> _exact = new(StringComparer.Ordinal);
    private readonly List<Recordings> _others = [];
    private readonly List<Asked> _all = [];

    /// <param name="cassettes">The recordings, in their order.</param>
    /// <param name="ignored">Members of bodies that are not compared, by path.</param>
    /// <param name="isStrict">Whether each recording answers only once.</param>
    public CassetteSet(IReadOnlyList<Cassette> cassettes, IEnumerable<string> ignored, bool isStrict)
    {
        _ignored = ignored.ToHashSet(StringComparer.Ordinal);
        _isStrict = isStrict;
        foreach (var cassette in cassettes)
            Add(cassette);
    }

    /// <summary>The recordings of each distinct request, in order.</summary>
    public IEnumerable<IReadOnlyList<Cassette>> Requests => _exact.Values.Concat(_others).Select(recordings => recordings.Cassettes);

    /// <summary>The recording that answers a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the base URL.</param>
    /// <param name="body">The body; null if it cannot be compared.</param>
    /// <exception cref="CassetteException">There is none; the message names the nearest and its first difference.</exception>
    public Cassette Find(string method, string path, ReadOnlyMemory<byte>? body)
    {
        var asked = Asked.Of(method, path, body, _ignored, mayBeMasked: false);
        if (asked.Key is { } key && _exact.TryGetValue(key, out var recordings))
            return Next(recordings);
        foreach (var other in _others)
        {
            if (other.Request.Takes(asked))
                return Next(other);
        }

        throw new CassetteException(Explain(asked));
    }

    private void Add(Cassette cassette)
    {
        var request = cassette.Request;
        var asked = Asked.Of(request.Method, request.Path, request.Body, _ignored, request.MayBeMasked);
        _all.Add(asked with { Cassette = cassette });
        if (asked.Key is { } key && !asked.IsMasked)
        {
            if (!_exact.TryGetValue(key, out var known))
                _exact[key] = known = new Recordings(asked);
            known.Cassettes.Add(cassette);
            return;
        }

        var like = _others.Find(other => other.Request.IsSameAs(asked));
        if (like is null)
            _others.Add(like = new Recordings(asked));
        like.Cassettes.Add(cassette);
    }

    private Cassette Next(Recordings recordings)
    {
        var turn = Interlocked.Increment(ref recordings.Turn) - 1;
        if (turn >= recordings.Cassettes.Count && _isStrict)
        {
            throw new CassetteException(
                $"its {recordings.Cassettes.Count} recordings have all been used, the last {recordings.Cassettes[^1].File}, and "
                + "'strict' does not repeat them. Record it once more, or turn strict off.");
        }

        return recordings.Cassettes[(int)Math.Min(turn, recordings.Cassettes.Count - 1)];
    }

    private string Explain(in Asked asked)
    {
        const string WayOut = "Record this request, or name members that may differ under 'ignore'.";
        if (_all.Count == 0)
            return $"there are no recordings at all. {WayOut}";
        Asked? nearest = null;
        var fewest = int.MaxValue;
        foreach (var recorded in _all.Take(MostCompared))
        {
            var count = recorded.DistanceTo(asked);
            if (count < fewest)
                (nearest, fewest) = (recorded, count);
        }

        return $"the nearest recording is {nearest!.Value.Cassette!.File}: {nearest.Value.DifferenceTo(asked)}. {WayOut}";
    }

    /// <summary>The recordings of one request, and the index of the next one.</summary>
    private sealed class Recordings(Asked request)
    {
        public long Turn;

        public Asked Request { get; } = request;

        public List<Cassette> Cassettes { get; } = [];
    }

    /// <summary>A request in the form for comparison.</summary>
    private readonly record struct Asked(string Method, string Path, JsonShape? Json, string? Text)
    {
        // A different path weighs more than any differences in a body.
        private const int OtherPath = 1_000_000;

        public Cassette? Cassette { get; init; }

        public bool IsMasked => Json?.IsMasked ?? false;

        /// <summary>A key that equal requests share; null if the body is unknown.</summary>
        public string? Key => Json is not null ? $"{Method} {Path}\n{Json.ToKey()}" : Text is not null ? $"{Method} {Path}\n{Text}" : null;

        public static Asked Of(
            string method, string path, ReadOnlyMemory<byte>? body, IReadOnlySet<string> ignored, bool mayBeMasked)
        {
            var json = body is { } bytes ? JsonShape.Read(bytes.Span, ignored, mayBeMasked) : null;
            var text = json is null && body is { } other ? Convert.ToBase64String(other.Span) : null;
            return new Asked(method, path, json, text);
        }

        /// <summary>Whether this recorded request matches another: parts that were left out or masked match anything.</summary>
        public bool Takes(in Asked asked) => Method == asked.Method && Path == asked.Path
            && (Json is null ? Text is null : asked.Json is { } other && Json.FirstFrom(other) is null);

        public bool IsSameAs(in Asked other) => Method == other.Method && Path == other.Path && Json?.ToKey() == other.Json?.ToKey();

        public int DistanceTo(in Asked asked) => Method != asked.Method || Path != asked.Path
            ? OtherPath + (Json is { } mine && asked.Json is { } theirs ? mine.CountFrom(theirs) : 0)
            : Json is { } json && asked.Json is { } other ? json.CountFrom(other) : OtherPath / 2;

        public string DifferenceTo(in Asked asked) =>
            Method != asked.Method ? $"the method is {asked.Method} and was {Method}"
            : Path != asked.Path ? $"the path is {asked.Path} and was {Path}"
            : Json is { } json && asked.Json is { } other ? json.FirstFrom(other)?.ToString() ?? "nothing differs"
            : "its body has another form";
    }
}
