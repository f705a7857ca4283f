using System.Text;
using Switchyard.EndToEnd.Tests.Sdks;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>The tables in <c>docs/compatibility.md</c>, each between its two marks.</summary>
internal static class CompatibilityPage
{
    // Two tests may write the page at the same time.
    private static readonly Lock s_writing = new();

    private static readonly Dictionary<string, string> s_names = new()
    {
        ["openai-node"] = "`openai` (npm)",
        ["openai-dotnet"] = "OpenAI (NuGet)",
        ["responses-node"] = "`openai` (npm), its responses",
        ["anthropic-node"] = "`@anthropic-ai/sdk` (npm)",
        ["anthropic-dotnet"] = "Anthropic (NuGet)",
        ["genai-node"] = "`@google/genai` (npm)",
        ["in-process"] = "`IChatClient`, in process",
    };

    /// <summary>Compares the page with the results, or writes it if <c>SWITCHYARD_WRITE_DOCS</c> is set.</summary>
    public static void Check(HashSet<(string Client, string Upstream, string Verb)> found) => Check("MatrixTests", Table(found));

    /// <summary>The same for the conversations.</summary>
    public static void CheckConversations(HashSet<(string Client, string Upstream, string Verb)> found) =>
        Check("ConversationTests", ConversationTable(found));

    private static void Check(string test, string table)
    {
        lock (s_writing)
        {
            var file = Path.Combine(NodeProcess.RepositoryFolder, "docs", "compatibility.md");
            var page = File.ReadAllText(file);
            var (first, last) = ($"<!-- found by {test}: begin -->\n", $"<!-- found by {test}: end -->\n");
            var (begin, end) = (page.IndexOf(first, StringComparison.Ordinal), page.IndexOf(last, StringComparison.Ordinal));
            Assert.True(begin >= 0 && end > begin, "docs/compatibility.md has lost the marks around its table.");
            var wanted = page[..(begin + first.Length)] + table + page[end..];
            if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_DOCS") == "1")
                File.WriteAllText(file, wanted);
            else
                Assert.True(
                    page == wanted,
                    "docs/compatibility.md is not what this run found. SWITCHYARD_WRITE_DOCS=1 writes it; "
                        + "read what changed before you commit it.\n\n" + table);
        }
    }

    private static string ConversationTable(HashSet<(string Client, string Upstream, string Verb)> found)
    {
        var table = new StringBuilder("\n| |");
        foreach (var upstream in ConversationRun.UpstreamDialects)
            table.Append(' ').Append(upstream).Append(" |");
        table.Append("\n| --- |").Append(string.Concat(Enumerable.Repeat(" --- |", ConversationRun.UpstreamDialects.Length))).Append('\n');
        foreach (var client in ConversationRun.Clients)
        {
            foreach (var verb in ConversationRun.Verbs)
            {
                table.Append("| ").Append(s_names[client]).Append(verb == "conversation" ? " |" : ", reasoning |");
                foreach (var upstream in ConversationRun.UpstreamDialects)
                    table.Append(found.Contains((client, upstream, verb)) ? " yes |" : " **no** |");
                table.Append('\n');
            }
        }

        return table.Append('\n').ToString();
    }

    private static string Table(HashSet<(string Client, string Upstream, string Verb)> found)
    {
        var table = new StringBuilder("\n");
        var notes = new List<string>();
        foreach (var (client, _) in MatrixRun.Clients)
        {
            table.Append("## ").Append(s_names[client]).Append("\n\n| |");
            foreach (var upstream in MatrixRun.UpstreamDialects)
                table.Append(' ').Append(upstream).Append(" |");
            table.Append("\n| --- |").Append(string.Concat(Enumerable.Repeat(" --- |", MatrixRun.UpstreamDialects.Length))).Append('\n');
            foreach (var (scenario, verbs) in Expectations.Scenarios)
            {
                table.Append("| ").Append(scenario).Append(" |");
                foreach (var upstream in MatrixRun.UpstreamDialects)
                {
                    var works = verbs.All(verb => !Expectations.CanSay(client, verb) || found.Contains((client, upstream, verb)));
                    table.Append(works ? " yes" : " **no**");
                    foreach (var refusal in verbs.Select(verb => Expectations.RefusalOf(upstream, verb)).OfType<string>())
                    {
                        if (!notes.Contains(refusal))
                            notes.Add(refusal);
                        table.Append($" ({notes.IndexOf(refusal) + 1})");
                    }

                    table.Append(" |");
                }

                table.Append('\n');
            }

            table.Append('\n');
        }

        for (var i = 0; i < notes.Count; i++)
            table.Append($"{i + 1}. {notes[i]}\n");
        return table.Append('\n').ToString();
    }
}
