using System.Reflection;
using PublicApiGenerator;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>The public members of a package, compared with those approved in <c>PublicApi/</c>.</summary>
internal static class PublicSurface
{
    private const string Folder = "tests/Switchyard.Tests/Architecture/PublicApi";

    private static readonly ApiGeneratorOptions s_options = new()
    {
        IncludeAssemblyAttributes = false,
        DenyNamespacePrefixes = [],
        ExcludeAttributes =
        [
            "System.Runtime.CompilerServices.AsyncMethodBuilderAttribute",
            "System.Runtime.CompilerServices.CompilerFeatureRequiredAttribute",
        ],
    };

    /// <summary>Fails with the added and removed members unless they are the same.</summary>
    public static void AssertApproved(Assembly package)
    {
        var file = Repository.FullPath($"{Folder}/{package.GetName().Name}.txt");
        var found = package.GeneratePublicApi(s_options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_DOCS") == "1")
            File.WriteAllText(file, found);
        var approved = File.Exists(file) ? File.ReadAllText(file) : "";
        Assert.True(
            approved == found,
            $"{Folder}/{package.GetName().Name}.txt is not the surface found. SWITCHYARD_WRITE_DOCS=1 writes it.\n"
            + Difference(approved, found));
    }

    private static string Difference(string approved, string found)
    {
        var (before, after) = (approved.Split('\n').ToHashSet(), found.Split('\n').ToHashSet());
        return string.Join('\n', before.Except(after).Select(line => "- " + line).Concat(after.Except(before).Select(line => "+ " + line)));
    }
}
