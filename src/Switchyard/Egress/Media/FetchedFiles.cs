using Microsoft.Extensions.AI;
using Switchyard.Dialects;

namespace Switchyard.Egress.Media;

/// <summary>
/// The files of one request: each address is downloaded once, and all files together have the limit of bytes. Not thread-safe.
/// </summary>
internal sealed class FetchedFiles(
    MediaDownload download, MediaPolicy policy, IEgressDialect dialect, CancellationToken cancellationToken)
{
    private readonly Dictionary<Uri, DataContent> _known = [];
    private long _left = policy.MaxBytes;

    public static bool MustFetch(IEnumerable<AIContent> contents, IEgressDialect dialect)
    {
        foreach (var content in contents)
        {
            if (MustFetch(content, dialect))
                return true;
        }

        return false;
    }

    public static bool MustFetch(AIContent content, IEgressDialect dialect) => content switch
    {
        UriContent { Uri: { IsAbsoluteUri: true, Scheme: "http" or "https" } } file => !dialect.TakesAddress(file),
        FunctionResultContent { Result: AIContent part } => MustFetch(part, dialect),
        FunctionResultContent { Result: IEnumerable<AIContent> parts } => MustFetch(parts, dialect),
        _ => false,
    };

    /// <summary>The content with bytes in place of each address that the dialect does not take, in a tool's result too.</summary>
    public async ValueTask<AIContent> ReplaceAsync(AIContent content)
    {
        if (!MustFetch(content, dialect))
            return content;
        if (content is FunctionResultContent result)
        {
            var parts = new List<AIContent>();
            foreach (var part in result.Result as IEnumerable<AIContent> ?? [(AIContent)result.Result!])
                parts.Add(await ReplaceAsync(part).ConfigureAwait(false));
            return new FunctionResultContent(result.CallId, parts)
            {
                Exception = result.Exception,
                AdditionalProperties = result.AdditionalProperties,
            };
        }

        var file = (UriContent)content;
        if (!_known.TryGetValue(file.Uri, out var data))
        {
            _known[file.Uri] = data = await download.RunAsync(file.Uri, policy, _left, cancellationToken).ConfigureAwait(false);
            _left -= data.Data.Length;
        }

        return new DataContent(data.Data, data.MediaType) { Name = data.Name, AdditionalProperties = file.AdditionalProperties };
    }
}
