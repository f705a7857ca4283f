using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Makes ids for function calls that came without one: the same each time the same answer is read, and different for every call.
/// </summary>
internal static class CallIdMaker
{
    /// <param name="answerId">The answer's own id; null if it has none.</param>
    /// <param name="candidate">The candidate's index.</param>
    /// <param name="position">The call's index among the candidate's calls.</param>
    /// <param name="name">The function's name.</param>
    public static string Make(string? answerId, int candidate, int position, string name)
    {
        var seed = string.Create(CultureInfo.InvariantCulture, $"{answerId}\n{candidate}\n{position}\n{name}");
        return "call_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(seed)), 0, 12);
    }
}
