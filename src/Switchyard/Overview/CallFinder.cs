using Switchyard.Calls;
using Switchyard.Money;

namespace Switchyard.Overview;

/// <summary>
/// Finds calls in the ledger by the words of one search box, and reads all data of one call. Thread-safe.
/// </summary>
public sealed class CallFinder
{
    // A call has a line for each counted attempt; a client that reuses one id for many calls has many.
    private const int MostLines = 100;

    private const char Quote = '"';

    // The filters that are tried for a word without a name, in order.
    private static readonly string[] s_guesses = ["request_id", "key", "alias", "model", "provider", "tenant"];

    private readonly IUsageReader? _ledger;
    private readonly RecentCalls? _recent;
    private readonly TimeProvider _time;

    internal CallFinder(IUsageReader? ledger, RecentCalls? recent, TimeProvider time) =>
        (_ledger, _recent, _time) = (ledger, recent, time);

    /// <summary>Finds a page of calls, the newest first.</summary>
    /// <param name="search">
    /// Words with spaces between them: <c>provider:openai outcome:failed since:1h</c>, with the names of
    /// <see cref="UsageQuestion.Filters"/>; a value with spaces is in quotation marks: <c>end_user:"Jo Doe"</c>. One word may have no
    /// name; it is searched as a call's id, then as a key, an alias, a model, a provider, a tenant. Without words the search finds all
    /// calls.
    /// </param>
    /// <param name="within">A filter that applies in addition to the words.</param>
    /// <param name="limit">The maximum number of lines: 1 to 1,000.</param>
    /// <param name="after">The <see cref="LedgerPage.Next"/> of the previous page; null for the first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LedgerException">A word is invalid, there is no ledger, it is unavailable, or it takes too long.</exception>
    public async Task<FoundCalls> FindAsync(
        string search, UsageFilter within, int limit, string? after = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(within);
        var ledger = _ledger
            ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: set storage.ledger to record calls.");
        var words = WordsOf(search, out var bare);
        if (bare is null)
            return new() { Page = await ListAsync(words).ConfigureAwait(false) };
        foreach (var guess in s_guesses)
        {
            if (words.ContainsKey(guess))
                continue;
            var page = await ListAsync(new(words) { [guess] = bare }).ConfigureAwait(false);
            if (page.Entries.Count > 0)
                return new() { Page = page, Guess = guess };
        }

        return new() { Page = new([], null) };

        Task<LedgerPage> ListAsync(Dictionary<string, string> asked)
        {
            var filter = UsageQuestion.Read(name => asked.GetValueOrDefault(name), _time.GetUtcNow()).Filter;
            return Both(within, filter) is { } both
                ? ledger.ListAsync(both, limit, after, cancellationToken)
                : Task.FromResult(new LedgerPage([], null));
        }
    }

    /// <summary>Reads all data of a call: its record, if it is among the recent calls, and its lines in the ledger.</summary>
    /// <param name="id">The call's <c>x-request-id</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<KnownCall> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        var record = _recent?.Find(id);
        if (_ledger is null)
            return new() { Id = id, Record = record, Lines = [], Problem = "There is no ledger (storage.ledger)." };
        try
        {
            var page = await _ledger.ListAsync(new() { RequestId = id }, MostLines, null, cancellationToken).ConfigureAwait(false);
            return new()
            {
                Id = id,
                Record = record,
                Lines = [.. page.Entries.OrderBy(line => line.Attempt == 0 ? int.MaxValue : line.Attempt)],
            };
        }
        catch (LedgerException away)
        {
            return new() { Id = id, Record = record, Lines = [], Problem = away.Message };
        }
    }

    /// <summary>
    /// Whether a call is a shadow's copy of another call, if it is among the recent calls; the ledger does not know.
    /// </summary>
    internal bool IsCopy(string id) => _recent?.Find(id)?.ShadowOf is not null;

    /// <summary>The word of a search for one value of a filter, quoted if necessary.</summary>
    internal static string WordOf(string name, string value) => value.Any(letter => letter == Quote || char.IsWhiteSpace(letter))
        ? $"{name}:{Quote}{value.Replace("\"", "\"\"", StringComparison.Ordinal)}{Quote}"
        : $"{name}:{value}";

    /// <summary>
    /// Converts command-line arguments to a search. The shell has removed the quotation marks: spaces in an argument belong to its value,
    /// unless it contains a further filter name and so is a whole search itself.
    /// </summary>
    internal static string SearchOf(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(static argument =>
    {
        if (argument.Contains(Quote, StringComparison.Ordinal) || !argument.Any(char.IsWhiteSpace))
            return argument;
        var words = argument.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Skip(1).Any(word => NameOf(word).Length > 0))
            return argument;
        var name = NameOf(argument);
        return name.Length > 0 ? WordOf(name, argument[(name.Length + 1)..]) : $"{Quote}{argument}{Quote}";
    }));

    /// <summary>The name of a filter before a word's colon; empty if there is none.</summary>
    private static string NameOf(string word)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        var name = colon > 0 ? word[..colon].ToLowerInvariant() : "";
        return UsageQuestion.Filters.Contains(name) ? name : "";
    }

    private static Dictionary<string, string> WordsOf(string search, out string? bare)
    {
        Dictionary<string, string> words = [];
        bare = null;
        foreach (var word in Split(search))
        {
            if (NameOf(word) is { Length: > 0 } name)
                words[name] = Unquoted(word[(name.Length + 1)..]);
            else
                bare = bare is null ? Unquoted(word) : throw new LedgerException(
                    LedgerFailure.Invalid,
                    $"Only one word may be without a name. The names are: {string.Join(", ", UsageQuestion.Filters)}.");
        }

        return words;
    }

    /// <summary>The words of a search: a space within quotation marks does not end a word.</summary>
    private static IEnumerable<string> Split(string search)
    {
        var (start, isQuoted) = (0, false);
        for (var i = 0; i <= search.Length; i++)
        {
            // A quotation mark counts at the start of a word or value; within a word it is a letter. Within quotation marks two mean one.
            if (i < search.Length && search[i] == Quote && (isQuoted || i == start || search[i - 1] is ':' or Quote))
            {
                isQuoted = !isQuoted;
            }
            else if (i == search.Length || (search[i] == ' ' && !isQuoted))
            {
                if (search[start..i].Trim() is { Length: > 0 } word)
                    yield return word;
                start = i + 1;
            }
        }
    }

    private static string Unquoted(string text) => text is [Quote, .., Quote]
        ? text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal)
        : text;

    /// <summary>The conjunction of both filters; null if they contradict each other.</summary>
    private static UsageFilter? Both(UsageFilter within, UsageFilter words)
    {
        if (Contradict(within.Provider, words.Provider) || Contradict(within.Model, words.Model) || Contradict(within.Key, words.Key)
            || Contradict(within.Tenant, words.Tenant) || Contradict(within.Alias, words.Alias) || Contradict(within.Tag, words.Tag)
            || Contradict(within.EndUser, words.EndUser) || Contradict(within.Session, words.Session)
            || Contradict(within.RequestId, words.RequestId)
            || (within.Outcome is { } outcome && words.Outcome is { } other && outcome != other))
            return null;
        return new()
        {
            Since = within.Since > words.Since ? within.Since : words.Since ?? within.Since,
            Until = within.Until < words.Until ? within.Until : words.Until ?? within.Until,
            Provider = within.Provider ?? words.Provider,
            Model = within.Model ?? words.Model,
            Key = within.Key ?? words.Key,
            Tenant = within.Tenant ?? words.Tenant,
            Alias = within.Alias ?? words.Alias,
            Tag = within.Tag ?? words.Tag,
            EndUser = within.EndUser ?? words.EndUser,
            Session = within.Session ?? words.Session,
            RequestId = within.RequestId ?? words.RequestId,
            Outcome = within.Outcome ?? words.Outcome,
        };
    }

    private static bool Contradict(string? within, string? words) => within is not null && words is not null && within != words;
}

/// <summary>A page of calls that were found.</summary>
public sealed record FoundCalls
{
    /// <summary>The lines.</summary>
    public required LedgerPage Page { get; init; }

    /// <summary>The filter that matched the word without a name: <c>key</c>; null if there was no such word or match.</summary>
    public string? Guess { get; init; }
}

/// <summary>The data of a call.</summary>
public sealed record KnownCall
{
    /// <summary>Its <c>x-request-id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Its record; null if it is not among the recent calls.</summary>
    public CallRecord? Record { get; init; }

    /// <summary>Its lines in the ledger, in order of attempts.</summary>
    public required IReadOnlyList<LedgerEntry> Lines { get; init; }

    /// <summary>Why the ledger could not be read; null if it was.</summary>
    public string? Problem { get; init; }
}
