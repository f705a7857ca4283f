using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Stored;

/// <summary>
/// The ids of files in a request: the members <c>file_id</c> and <c>file_ids</c> at any depth, in every format whose files are uploaded
/// through the gateway. Pure.
/// </summary>
internal static class FileReferences
{
    /// <summary>The owner of each is looked up.</summary>
    private const int Most = 1000;

    // A longer id belongs to no provider.
    private const int LongestId = 256;

    /// <summary>Whether a request may name a file: it has the word, or an escape that may spell it.</summary>
    public static bool MayExist(ReadOnlySpan<byte> body) => body.IndexOf("file_id"u8) >= 0 || body.IndexOf("\\u"u8) >= 0;

    /// <summary>The ids, each once. The body has been found to be valid JSON.</summary>
    /// <exception cref="CallException">There are more than 1,000.</exception>
    public static HashSet<string> Of(ReadOnlySpan<byte> body)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        // Half a surrogate pair, which no string can hold, is replaced.
        var reader = new Utf8JsonReader(SurrogateRepair.Repair(body), new JsonReaderOptions { MaxDepth = int.MaxValue });
        // The depth of the entries of the list that is being read; -1 outside of one.
        var inList = -1;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.String && reader.CurrentDepth == inList)
                Add(ids, reader.GetString()!);
            else if (reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth < inList)
                inList = -1;
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            var isId = reader.ValueTextEquals("file_id"u8);
            if (!isId && !reader.ValueTextEquals("file_ids"u8))
                continue;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
                Add(ids, reader.GetString()!);
            else if (!isId && reader.TokenType == JsonTokenType.StartArray)
                inList = reader.CurrentDepth + 1;
        }

        return ids;
    }

    private static void Add(HashSet<string> ids, string id)
    {
        if (id.Length <= LongestId && ids.Add(id) && ids.Count > Most)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest, $"A request may name {Most} files at most. Send several requests.", "file_id");
        }
    }
}
