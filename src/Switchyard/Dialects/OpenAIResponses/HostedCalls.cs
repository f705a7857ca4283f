using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Counts, by an answer's items, the uses of tools that the provider ran itself and charges for by use. During a web search, opening a page
/// and searching in it are items, too, and cost nothing.
/// </summary>
internal static class HostedCalls
{
    /// <summary>The counts with those of an answer's items; unchanged if it used none of these tools.</summary>
    public static TokenUsage Count(in TokenUsage usage, JsonElement response)
    {
        if (response.Member("output") is not { ValueKind: JsonValueKind.Array } output)
            return usage;
        var (calls, searches, fileSearches) = (0, 0, 0);
        foreach (var item in output.EnumerateArray())
        {
            // Compared as bytes: every answer has items, and few have these.
            if (item.Member("type") is not { ValueKind: JsonValueKind.String } type)
                continue;
            if (type.ValueEquals("web_search_call"u8))
            {
                calls++;
                searches += item.Member("action") is not { } action || action.Text("type") is null or "search" ? 1 : 0;
            }
            else if (type.ValueEquals("file_search_call"u8))
            {
                fileSearches++;
            }
        }

        return calls == 0 && fileSearches == 0 ? usage : usage with
        {
            WebSearches = calls > 0 ? searches : usage.WebSearches,
            FileSearches = fileSearches > 0 ? fileSearches : usage.FileSearches,
        };
    }

    /// <summary>
    /// The counts after an event of a stream: searches made before the client leaves are charged. The answer's items, which come with the
    /// last event, replace them.
    /// </summary>
    public static TokenUsage CountEvent(in TokenUsage usage, string? type) => type switch
    {
        "response.web_search_call.completed" => usage with { WebSearches = (usage.WebSearches ?? 0) + 1 },
        "response.file_search_call.completed" => usage with { FileSearches = (usage.FileSearches ?? 0) + 1 },
        _ => usage,
    };
}
