using Switchyard.Canonical;

namespace Switchyard.Providers.Http;

/// <summary>The operations as keys in data files: <c>chat</c>, and <c>chat_stream</c> for streamed answers.</summary>
internal static class OperationKeys
{
    private const string StreamSuffix = "_stream";

    private static readonly string[] s_whole = [.. Enum.GetValues<CallOperation>().Select(CallOperations.DataName)];
    private static readonly string[] s_streamed = [.. s_whole.Select(name => name + StreamSuffix)];

    public static string Of(CallOperation operation, bool stream) => (stream ? s_streamed : s_whole)[(int)operation];

    public static CallOperation? Parse(string name) => Array.IndexOf(s_whole, name) is >= 0 and var index ? (CallOperation)index : null;

    public static bool Contains(string name) => s_whole.Concat(s_streamed).Contains(name, StringComparer.Ordinal);
}
