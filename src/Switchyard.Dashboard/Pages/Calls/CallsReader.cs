using Microsoft.Extensions.DependencyInjection;
using Switchyard.Gateway.Admin;
using Switchyard.Money;

namespace Switchyard.Dashboard.Pages.Calls;

/// <summary>Reads pages of the ledger, as the words of one search box ask for them. Thread-safe.</summary>
internal sealed class CallsReader(IServiceProvider services, TimeProvider time)
{
    /// <summary>The calls on a page.</summary>
    public const int PerPage = 50;

    // What a word without a name may be, in the order in which it is tried.
    private static readonly string[] s_guesses = ["request_id", "key", "alias", "model", "provider", "tenant"];

    /// <summary>Reads a page.</summary>
    /// <param name="search">
    /// Words: <c>provider:openai outcome:failed since:1h</c>; one without a name is looked for as an id, a key, …
    /// </param>
    /// <param name="after">What leads to the page; null for the first.</param>
    /// <exception cref="LedgerException">A word is none, there is no ledger, or it is away.</exception>
    public async Task<CallsReading> ReadAsync(string search, string? after)
    {
        var ledger = services.GetService<IUsageReader>()
            ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: set storage.ledger, and calls are kept.");
        var asked = WordsOf(search, out var bare);
        if (bare is null)
            return new(await ListAsync(asked), null);
        foreach (var guess in s_guesses)
        {
            if (asked.ContainsKey(guess))
                continue;
            var page = await ListAsync(new(asked) { [guess] = bare });
            if (page.Entries.Count > 0)
                return new(page, guess);
        }

        return new(new([], null), null);

        Task<LedgerPage> ListAsync(Dictionary<string, string> words) => ledger.ListAsync(
            UsageQuestion.Read(name => words.GetValueOrDefault(name), time.GetUtcNow()).Filter, PerPage, after, CancellationToken.None);
    }

    private static Dictionary<string, string> WordsOf(string search, out string? bare)
    {
        Dictionary<string, string> words = [];
        bare = null;
        foreach (var word in search.Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = word.IndexOf(':', StringComparison.Ordinal);
            var name = colon > 0 ? word[..colon].ToLowerInvariant() : "";
            if (UsageQuestion.Filters.Contains(name))
                words[name] = word[(colon + 1)..];
            else
                bare = bare is null ? word : throw new LedgerException(
                    LedgerFailure.Invalid,
                    $"Only one word may stand without a name. The names are: {string.Join(", ", UsageQuestion.Filters)}.");
        }

        return words;
    }
}

/// <summary>A page of calls.</summary>
/// <param name="Page">The lines.</param>
/// <param name="Guess">What the word without a name was found to be; null where there was none, or it was not found.</param>
internal sealed record CallsReading(LedgerPage Page, string? Guess);
