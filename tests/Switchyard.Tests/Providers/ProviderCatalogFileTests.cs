using System.Text.Json;
using Switchyard.Providers.Catalogue;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ProviderCatalogFileTests
{
    [Fact]
    public void The_file_has_no_property_twice_and_no_merge_marker()
    {
        using var stream = typeof(ProviderCatalog).Assembly.GetManifestResourceStream("Switchyard.providers.json")!;
        using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.Equal(ProviderCatalog.Default.All.Count, document.RootElement.GetProperty("providers").GetArrayLength());
    }
}
