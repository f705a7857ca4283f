using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PublicApiGenerator;
using Switchyard.Engine;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>What is public is what was agreed: whoever changes it changes the text beside this file, for a reviewer to see.</summary>
public sealed class PublicApiTests
{
    private const string Folder = "tests/Switchyard.Tests/Architecture/PublicApi";

    // Our extension methods stand in Microsoft's namespaces, which the generator leaves out unless told.
    private static readonly ApiGeneratorOptions s_options = new() { IncludeAssemblyAttributes = false, DenyNamespacePrefixes = [] };

    public static TheoryData<Type> Packages => [typeof(SwitchyardEngine), typeof(SwitchyardGatewayExtensions), typeof(SwitchyardCloudExtensions)];

    [Theory]
    [MemberData(nameof(Packages), DisableDiscoveryEnumeration = true)]
    public void What_is_public_is_what_was_agreed(Type inPackage)
    {
        var assembly = inPackage.Assembly;
        var file = $"{Folder}/{assembly.GetName().Name}.txt";
        var actual = assembly.GeneratePublicApi(s_options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_API") == "1")
        {
            Directory.CreateDirectory(Repository.FullPath(Folder));
            File.WriteAllText(Repository.FullPath(file), actual);
            return;
        }

        Assert.True(Repository.Exists(file), $"{file} is missing. SWITCHYARD_WRITE_API=1 writes it; read it before you commit it.");
        Assert.True(Repository.Read(file) == actual, $"{file} is no longer what is public. SWITCHYARD_WRITE_API=1 writes it anew; read what changed before you commit it.");
    }
}
